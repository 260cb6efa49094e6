"""A real Kubernetes control plane on loopback ports: etcd, the API server and the controllers; the kubelet is played.

Must not know what is deployed on it. Deployments, ReplicaSets, Pods, RBAC, disruption budgets and custom resources
are the real ones; only whether a container runs is decided by the test (played_kubelet.py).
"""

from __future__ import annotations

import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from admin_door import AdminDoor
from certificates import Authority, Certificate
from played_kubelet import PlayedKubelet
from real_programs import HOST, Program, find, free_port, wait_until

START_SECONDS = 120.0  # alone it takes three; a machine that does much else takes longer
ISSUER = "https://kubernetes.default.svc"
NOT_PLAYED = ("nodelifecycle", "nodeipam", "attachdetach", "persistentvolume-binder", "csrsigning", "ttl")


def binaries() -> Path:
    """The folder in which `make services` puts the programs that it builds."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "deploy-captain", "kubernetes")


class RealCluster:
    """A running control plane.

    `url`: where the API server listens. `ca`: the certificate to trust. `kubeconfig`: the administrator's. `door`: the
    administrator's, blocking, for preparing and looking. `kubelet`: says what becomes of Pods.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority = Authority(folder / "certificates")
        self._serving = self._authority.server("kube-apiserver", "kubernetes", "kubernetes.default.svc")
        self._tokens = self._authority.signing_key("service-accounts")
        self._admin = self._authority.client("test-admin", "system:masters")
        self._port, self._controllers_port = free_port(), free_port()
        self._etcd_port = free_port()
        self.url = f"https://{HOST}:{self._port}"
        self.ca = self._authority.certificate
        self.kubeconfig = self._kubeconfig("admin", _client_user(self._admin))
        self._etcd = Program(self._etcd_command(), folder / "etcd.log")
        self._api_server = Program(self._api_command(), folder / "kube-apiserver.log")
        self._controllers = Program(self._controllers_command(), folder / "kube-controller-manager.log")
        self.door = AdminDoor(self.url, self.ca, self._admin)
        self.kubelet = PlayedKubelet(
            AdminDoor(self.url, self.ca, self._admin), self._authority.server("kubelet")
        )

    # ------------------------------------------------------------------------------------------ start and stop

    def start(self) -> None:
        """Starts everything; ProgramFailed shows the log of what did not start."""
        self._etcd.start(self._etcd_ready, START_SECONDS)
        self.start_api()
        self.kubelet.start()

    def stop(self) -> None:
        """Ends everything, whatever state it is in."""
        self.kubelet.stop()
        self._controllers.stop(kill=True)
        self._api_server.stop(kill=True)
        self._etcd.stop(kill=True)
        self.door.close()

    def stop_api(self) -> None:
        """Kills the API server at once, as a lost machine would; connections in flight break."""
        self._api_server.stop(kill=True)

    def start_api(self) -> None:
        """Starts the API server again on the same port with the same data, and waits until it answers.

        The controllers are started anew too: left alone they wait up to half a minute before they look again.
        """
        self._api_server.start(lambda: self._answers(f"{self.url}/readyz"), START_SECONDS)
        self._controllers.stop(kill=True)
        self._controllers.start(self._controllers_ready, START_SECONDS)

    def hang_api(self) -> None:
        """Freezes the API server: connections are accepted, nothing is answered."""
        self._api_server.hang()

    def resume_api(self) -> None:
        """Lets the API server go on; what was asked in the meantime is answered now."""
        self._api_server.resume()

    def ensure_api(self) -> None:
        """Starts the API server if it is stopped, lets it go on if it hangs."""
        if not self._api_server.running:
            self.start_api()
        self.resume_api()

    def logs(self) -> str:
        """The end of every program's log, for a failure's message."""
        programs = (self._etcd, self._api_server, self._controllers)
        return "\n\n".join(f"--- {one.name}\n{one.tail()}" for one in programs)

    # ------------------------------------------------------------------------------------------ custom resources

    def define(self, definitions: Sequence[dict[str, Any]]) -> dict[str, tuple[str, str, str]]:
        """Makes CustomResourceDefinitions known and waits until they are served: kind -> group, version, plural."""
        for one in definitions:
            self.door.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", one)
        served = {}
        for one in definitions:
            group, version, names = (
                one["spec"]["group"],
                one["spec"]["versions"][0]["name"],
                one["spec"]["names"],
            )
            served[names["kind"]] = (group, version, names["plural"])
            url = f"{self.url}/apis/{group}/{version}/{names['plural']}"
            wait_until(partial(self._answers, url), START_SECONDS, f"{names['kind']} is served")
        return served

    # ------------------------------------------------------------------------------------------ who may enter

    def token_for(self, namespace: str, service_account: str) -> str:
        """A bearer token of a service account that exists, valid for an hour, as a Pod would find it mounted."""
        wanted = {"spec": {"audiences": [ISSUER], "expirationSeconds": 3600}}
        account = f"/api/v1/namespaces/{namespace}/serviceaccounts/{service_account}"
        return str(self.door.create(f"{account}/token", wanted)["status"]["token"])

    def kubeconfig_for(self, namespace: str, service_account: str) -> Path:
        """A kubeconfig with the rights of a service account that exists, and nothing else."""
        user = {"token": self.token_for(namespace, service_account)}
        return self._kubeconfig(f"{namespace}-{service_account}", user, namespace)

    def _kubeconfig(self, name: str, user: dict[str, str], namespace: str = "default") -> Path:
        context = {"cluster": "test", "user": name, "namespace": namespace}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "test", "cluster": {"server": self.url, "certificate-authority": str(self.ca)}}
            ],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "test", "context": context}],
            "current-context": "test",
        }
        path = self._folder / f"{name}.kubeconfig"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path

    # ------------------------------------------------------------------------------------------ the programs

    def _etcd_command(self) -> list[str | Path]:
        clients, peers = f"http://{HOST}:{self._etcd_port}", f"http://{HOST}:{free_port()}"
        return [
            find("etcd"), f"--data-dir={self._folder / 'etcd'}", "--logger=zap",
            f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}",
            f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
        ]  # fmt: skip

    def _api_command(self) -> list[str | Path]:
        return [
            find("kube-apiserver", binaries()), f"--etcd-servers=http://{HOST}:{self._etcd_port}",
            f"--bind-address={HOST}", f"--secure-port={self._port}", f"--advertise-address={HOST}",
            "--endpoint-reconciler-type=none", "--authorization-mode=RBAC",
            f"--tls-cert-file={self._serving.certificate}", f"--tls-private-key-file={self._serving.key}",
            f"--client-ca-file={self.ca}", f"--cert-dir={self._folder}",
            f"--kubelet-certificate-authority={self.ca}",
            f"--kubelet-client-certificate={self._admin.certificate}", f"--kubelet-client-key={self._admin.key}",
            "--kubelet-preferred-address-types=InternalIP",
            f"--service-account-issuer={ISSUER}", f"--service-account-key-file={self._tokens.certificate}",
            f"--service-account-signing-key-file={self._tokens.key}", "--service-cluster-ip-range=10.0.0.0/24",
        ]  # fmt: skip

    def _controllers_command(self) -> list[str | Path]:
        left_out = ",".join(f"-{one}" for one in NOT_PLAYED)
        return [
            find("kube-controller-manager", binaries()), f"--kubeconfig={self.kubeconfig}", "--leader-elect=false",
            f"--bind-address={HOST}", f"--secure-port={self._controllers_port}", "--port=0",
            f"--tls-cert-file={self._serving.certificate}", f"--tls-private-key-file={self._serving.key}",
            f"--service-account-private-key-file={self._tokens.key}", f"--root-ca-file={self.ca}",
            "--kube-api-qps=200", "--kube-api-burst=300", f"--controllers=*,{left_out}",
        ]  # fmt: skip

    # ------------------------------------------------------------------------------------------ whether they are ready

    def _etcd_ready(self) -> bool:
        return self._answers(f"http://{HOST}:{self._etcd_port}/health")

    def _controllers_ready(self) -> bool:
        """They answer, and have done their first work: the account that every Pod needs."""
        return self._answers(f"https://{HOST}:{self._controllers_port}/healthz") and self._answers(
            f"{self.url}/api/v1/namespaces/default/serviceaccounts/default"
        )

    def _answers(self, url: str) -> bool:
        context = ssl.create_default_context(cafile=self.ca)
        context.load_cert_chain(self._admin.certificate, self._admin.key)
        try:
            with urllib.request.urlopen(url, timeout=5, context=context) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def _client_user(admin: Certificate) -> dict[str, str]:
    return {"client-certificate": str(admin.certificate), "client-key": str(admin.key)}


@contextmanager
def running_cluster(folder: Path) -> Iterator[RealCluster]:
    """A control plane with its data in the folder, ended in any case."""
    cluster = RealCluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
