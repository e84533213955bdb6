from __future__ import annotations

from pathlib import Path

from local.node import sysctls


def test_what_is_read_can_be_put_back(tmp_path: Path) -> None:
    for name, value in {"net/ipv4/ip_forward": "0", "kernel/panic": "1"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{value}\n")
    before = sysctls.read(tmp_path)
    assert before == {"net/ipv4/ip_forward": "0", "kernel/panic": "1"}
    sysctls.write({**sysctls.NEEDED, "kernel/panic": "10", "no/such": "1"}, tmp_path)
    assert sysctls.read(tmp_path) == {"net/ipv4/ip_forward": "1", "kernel/panic": "10"}
    sysctls.write(before, tmp_path)
    assert sysctls.read(tmp_path) == before
    assert not (tmp_path / "no").exists()
