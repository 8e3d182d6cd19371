"""What belongs to which upstream service. A service sees what it sent, unless its key's scope says all."""
