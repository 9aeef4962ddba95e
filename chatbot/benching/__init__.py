"""Measurements that a user can run: `chatbot bench …` and `chatbot calibrate`."""
