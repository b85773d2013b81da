"""What a dealership runs, one app for each capability."""
