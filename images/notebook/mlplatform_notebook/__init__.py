"""What is ours in a notebook's image: the bucket as a folder, notebook jobs, Spark on the team's pods (README.md)."""
