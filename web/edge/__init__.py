"""What happens to a request before the application sees it: who calls is found out, and what they send is bounded."""
