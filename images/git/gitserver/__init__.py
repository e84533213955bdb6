"""Teams' git repositories over smart HTTP: `git http-backend` behind basic auth, and an API that makes repositories."""
