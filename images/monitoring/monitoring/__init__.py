"""What the image adds to Debian's programs: passwords for those that want one, cluster state, and routes of alerts."""
