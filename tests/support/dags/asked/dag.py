"""A notebook that ends as it is asked to."""

from airflow.sdk import Param, dag
from mlplatform_airflow import notebooks


@dag(schedule=None, params={"ask": Param("nothing", type="string"), "person": Param("nobody", type="string")})
def asked() -> None:
    notebooks.run(
        "asked.ipynb",
        {"ask": "{{ params.ask }}", "person": "{{ params.person }}"},
        memory="512Mi",
        retries=0,
    )


asked()
