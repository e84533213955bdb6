"""The versions of what runs, in one place: `app.kubernetes.io/version` of each component. The images pin the same."""

POSTGRES = "17"
OBJECT_STORE = "1.8.0"
MLFLOW = "3.17.2"
PROMETHEUS = "2.53"
ALERTMANAGER = "0.28"
AIRFLOW = "3.2.2"
