"""What makes Airflow's parts one pod: supervisor, check service, database preparation, DAG bundle (README.md)."""
