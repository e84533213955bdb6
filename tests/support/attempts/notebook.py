"""What a person tries from inside of a notebook: code that a kernel runs, with all that is in the pod.

`{team}`, `{person}`, `{address}` and `{experiment}` are whose things it is tried on. On the person's own the same code
has to go well, unless it is about what nobody may do (`ever`).
"""

from __future__ import annotations

from dataclasses import dataclass

PRELUDE = """
import base64, json, os, pathlib, ssl, subprocess, urllib.error, urllib.request

def ask(url, method="GET", body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
    context = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt") if url.startswith("https") else None
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        raise PermissionError(f"{error.code} {error.read()[:400].decode(errors='replace')}") from None

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"

def kube(path, method="GET", body=None):
    token = pathlib.Path(ACCOUNT, "token").read_text()
    return ask("https://kubernetes.default.svc" + path, method, body, Authorization="Bearer " + token)

def s3():
    import boto3
    return boto3.client("s3")

def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

def tracking(path, workspace, method="GET", body=None):
    own = basic(os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"])
    url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow" + path
    return json.loads(ask(url, method, body, Authorization=own, X_MLFLOW_WORKSPACE=workspace))

def plant():
    '''An experiment and a model to be found; the experiment's id.'''
    for kind in ("experiments", "registered-models"):
        try:
            tracking(f"/{kind}/create", os.environ["MLFLOW_WORKSPACE"], "POST", {"name": "e2e-notebook"})
        except PermissionError as error:
            assert "RESOURCE_ALREADY_EXISTS" in str(error), error
    found = tracking("/experiments/get-by-name?experiment_name=e2e-notebook", os.environ["MLFLOW_WORKSPACE"])
    return found["experiment"]["experiment_id"]

def hub(path, method="GET", body=None):
    token = "token " + os.environ["JUPYTERHUB_API_TOKEN"]
    return ask(os.environ["JUPYTERHUB_API_URL"] + path, method, body, Authorization=token)

def notebook(person, team, path="/api/contents"):
    token = "token " + os.environ["JUPYTERHUB_API_TOKEN"]
    return ask(f"http://hub.mlp-platform:8000/user/{person}/{team}{path}", Authorization=token)

def pod(volumes=(), mounts=(), env=(), role="executor"):
    container = {
        "name": "c", "image": os.environ["MLP_IMAGE"], "args": ["true"], "env": list(env),
        "volumeMounts": list(mounts),
        "resources": {"requests": {"cpu": "1m", "memory": "16Mi"}, "limits": {"memory": "16Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "e2e-attempt", "labels": {"spark-role": role}},
        "spec": {"containers": [container], "volumes": list(volumes), "automountServiceAccountToken": False},
    }

def make(team, **what):
    kube(f"/api/v1/namespaces/team-{team}/pods?dryRun=All", "POST", pod(**what))

def mounting(claim):
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": claim}}
    return {"volumes": [volume], "mounts": [{"name": "v", "mountPath": "/v"}]}

def secret_in(team, name, key):
    source = {"secretKeyRef": {"name": name, "key": key}}
    make(team, env=[{"name": "A", "valueFrom": source}])
"""


@dataclass(frozen=True)
class Attempt:
    """One thing to try."""

    name: str
    refusal: str
    """Regular expression: what the kernel raises."""
    code: str
    ever: bool = False
    """Nobody may do it on anything: there is nothing of one's own to try it on."""


FORBIDDEN = r"PermissionError: 403.*[Ff]orbidden"
HIDDEN = "PermissionError: (403|404)"
POLICY = "PermissionError: 4.*a notebook makes Spark executors alone"
NO_WAY = "No route to host"
"""What a NetworkPolicy answers."""

ATTEMPTS = (
    Attempt("bucket-list", "AccessDenied", "s3().list_objects_v2(Bucket='team-{team}', MaxKeys=1)"),
    Attempt("bucket-write", "AccessDenied", "s3().put_object(Bucket='team-{team}', Key='e2e/notebook', Body=b'x')"),
    Attempt(
        "bucket-copy",
        "AccessDenied|Access Denied",
        "s3().put_object(Bucket=os.environ['TEAM_BUCKET'], Key='e2e/notebook', Body=b'x')\n"
        "s3().copy_object(Bucket='team-{team}', Key='e2e/copied', "
        "CopySource=os.environ['TEAM_BUCKET'] + '/e2e/notebook')",
    ),
    Attempt(
        "experiment-read",
        "PermissionError: 403",
        "tracking('/experiments/get?experiment_id={experiment}', 'team-{team}')",
    ),
    Attempt(
        "model-read", "PermissionError: 403", "tracking('/registered-models/get?name=e2e-notebook', 'team-{team}')"
    ),
    Attempt(
        "repository-read",
        "CalledProcessError",
        "own = base64.b64encode((os.environ['GIT_USERNAME'] + ':' + os.environ['GIT_PASSWORD']).encode()).decode()\n"
        "subprocess.run(['git', '-c', 'http.extraHeader=Authorization: Basic ' + own, 'ls-remote', "
        "'http://git.mlp-platform:8000/team-{team}.git'], check=True, capture_output=True, timeout=20)",
    ),
    Attempt("pods-list", FORBIDDEN, "kube('/api/v1/namespaces/team-{team}/pods?limit=1')"),
    Attempt("pod-make", FORBIDDEN, "make('{team}')"),
    Attempt(
        "notebook-open-directly",
        NO_WAY,
        "token = 'token ' + os.environ['JUPYTERHUB_API_TOKEN']\n"
        "ask('http://{address}:8888/user/{person}/{team}/api/contents', Authorization=token)",
    ),
    Attempt("hub-see-person", HIDDEN, "hub('/users/{person}')"),
    Attempt("home-read", "StopIteration", "next(one for one in pathlib.Path.home().rglob('of-{person}'))"),
    Attempt("shared-read", "StopIteration", "next(one for one in pathlib.Path.home().rglob('shared/of-{team}'))"),
)
"""At another team's things; the same at one's own goes well."""

EVER = (
    Attempt("secret-read", FORBIDDEN, "kube('/api/v1/namespaces/team-{team}/secrets/worker-keys')", ever=True),
    Attempt("secret-read-own", FORBIDDEN, "kube('/api/v1/namespaces/team-search/secrets/tenant-keys')", ever=True),
    Attempt("features-read", FORBIDDEN, "kube('/api/v1/namespaces/team-{team}/configmaps/feature-store')", ever=True),
    Attempt("claims-list", FORBIDDEN, "kube('/api/v1/namespaces/team-{team}/persistentvolumeclaims')", ever=True),
    Attempt("home-mount-of-teammate", POLICY, "make('search', **mounting('home-alan'))", ever=True),
    Attempt("secret-mount-own", POLICY, "secret_in('search', 'tenant-keys', 'database-password')", ever=True),
    Attempt("pod-of-another-kind", POLICY, "make('search', role='driver')", ever=True),
    Attempt(
        "airflow-stop",
        POLICY,
        "name = json.loads(kube('/api/v1/namespaces/team-search/pods?labelSelector=app.kubernetes.io/name%3Dairflow'))"
        "['items'][0]['metadata']['name']\n"
        "kube('/api/v1/namespaces/team-search/pods/' + name + '?dryRun=All', 'DELETE')",
        ever=True,
    ),
    Attempt(
        "pod-enter",
        FORBIDDEN,
        "kube('/api/v1/namespaces/team-search/pods/notebook-ada/exec?command=id&stdout=true', 'POST')",
        ever=True,
    ),
    Attempt(
        "people-change",
        FORBIDDEN,
        "kube('/apis/mlplatform.dev/v1/namespaces/team-search/notebookteams/team-search')",
        ever=True,
    ),
    Attempt(
        "model-route-change",
        FORBIDDEN,
        "kube('/apis/mlplatform.dev/v1/namespaces/team-search/modelservices/keywords')",
        ever=True,
    ),
    Attempt("airflow-read", NO_WAY, "ask('http://airflow.team-{team}:8080/api/v2/dags')", ever=True),
    Attempt(
        "features-write",
        "PermissionError: 403",
        "own = 'Bearer ' + os.environ['FEATURES_KEY']\n"
        "ask('http://features.team-{team}/write', 'POST', {{}}, Authorization=own)",
        ever=True,
    ),
    Attempt("notebook-open", NO_WAY, "notebook('{person}', '{team}')", ever=True),
    Attempt("hub-list-people", "PermissionError: 403", "hub('/users')", ever=True),
    Attempt(
        "hub-start-for-another",
        HIDDEN,
        "hub('/users/{person}/servers/{team}', 'POST', {{}})",
        ever=True,
    ),
    Attempt(
        "hub-start-in-another-team", "PermissionError: 403", "hub('/users/ada/servers/{team}', 'POST', {{}})", ever=True
    ),
    Attempt("hub-stop-another", HIDDEN, "hub('/users/{person}/servers/{team}', 'DELETE')", ever=True),
    Attempt(
        "metrics-of-all",
        NO_WAY,
        "own = basic(os.environ['MLFLOW_TRACKING_USERNAME'], os.environ['MLFLOW_TRACKING_PASSWORD'])\n"
        "ask('http://prometheus.mlp-platform:9090/api/v1/query?query=up', Authorization=own)",
        ever=True,
    ),
)
"""What no notebook may do, on whose things ever."""
