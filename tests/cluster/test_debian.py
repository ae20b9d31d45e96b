from tests.cluster.debian import PACKAGES, is_debian, missing


def test_debian_itself_is_meant() -> None:
    assert is_debian('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n')
    assert not is_debian("ID=ubuntu\nID_LIKE=debian\n")


def test_a_removed_package_is_missing_although_its_settings_remain() -> None:
    status = "".join(f"{package} installed\n" for package in PACKAGES if package != "runc")
    assert missing(f"{status}runc config-files\n") == ["runc"]
