"""What the operator decides, told as behaviour."""
