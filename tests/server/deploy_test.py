"""What deploy/ promises: its files say nothing that the server does not know."""

import re
import shutil
import subprocess
import sys

import serving
from serving import CLASSIFIER, ROOT, ServeTest, cli_program

try:
    import yaml
except ImportError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)

DEPLOY = ROOT / "deploy"


def containers() -> list[dict]:
    """Of all manifests."""
    found = []
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            spec = document["spec"]
            spec = spec.get("template", {}).get("spec", spec)
            found += spec.get("containers", [])
    return found


class Deploy(ServeTest):
    def test_probes_ask_for_routes_that_exist(self) -> None:
        server = self.serve(CLASSIFIER)
        asked = set()
        for container in containers():
            for probe in ("readinessProbe", "livenessProbe"):
                asked.add(container[probe]["httpGet"]["path"])
        self.assertEqual(len(asked), 4)
        for path in (*asked, "/metrics"):
            self.assertEqual(server.get(path)[0], 200, path)
        server = self.serve("--admin", "127.0.0.1:0", wait=False)  # has no model
        for path in asked:
            expected = 503 if path.endswith("ready") else 200
            self.assertEqual(server.get(path)[0], expected, path)

    def test_variables_are_the_servers(self) -> None:
        """One that it does not know would be ignored in silence."""
        said = subprocess.run(
            [cli_program.program, "serve", "--help"], capture_output=True, text=True, check=True
        ).stdout
        known = {
            "MARTLET_" + flag.upper().replace("-", "_") for flag in re.findall(r"--([\w-]+)", said)
        }
        used = set(re.findall(r"MARTLET_[A-Z_]+(?==)", (DEPLOY / "docker/Dockerfile").read_text()))
        environment = [entry for container in containers() for entry in container.get("env", [])]
        used |= {entry["name"] for entry in environment}
        self.assertGreaterEqual(len(used), 4)
        self.assertEqual(used - known, set())
        values = {entry["name"]: entry["value"] for entry in environment}
        self.assertEqual(self.serve(CLASSIFIER, env=values).stop(), 0)

    def test_its_configuration_is_read(self) -> None:
        text = (DEPLOY / "martlet.yaml").read_text()
        file = self.folder / "martlet.yaml"
        file.write_text(text.replace("/srv/models/minilm-sst2", str(CLASSIFIER)))
        flags = ("--config", file, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0")
        server = self.serve(*flags)
        self.assertIn('"sst2"', server.get("/v1/models")[1])

    def test_the_unit_is_one(self) -> None:
        if shutil.which("systemd-analyze") is None:
            self.skipTest("needs systemd-analyze")
        text = (DEPLOY / "systemd/martlet.service").read_text()
        self.assertIn("ExecStart=/usr/local/bin/martlet serve --config", text)
        file = self.folder / "martlet.service"
        file.write_text(text.replace("/usr/local/bin/martlet", str(cli_program.program)))
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    serving.main()
