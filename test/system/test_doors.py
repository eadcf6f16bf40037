"""Doors: what is said when they are open, where they are, and who may come in."""

import os
import re
import socket
import stat
import unittest

from harness import Hub, HubCase, wait_until


class Doors(HubCase):
    def test_every_door_is_named_and_open_before_ready(self):
        hub = self.hub(http="127.0.0.1:0, [::1]:0") if socket.has_ipv6 else self.hub(http="127.0.0.1:0, 127.0.0.2:0")
        self.assertEqual([name for name, _ in hub.doors], ["http", "http", "unix"])
        addresses = [address for _, address in hub.doors]
        self.assertRegex(addresses[0], r"\A127\.0\.0\.1:[1-9][0-9]*\Z")
        self.assertRegex(addresses[1], r"\A(\[::1\]|127\.0\.0\.2):[1-9][0-9]*\Z")
        self.assertEqual(addresses[2], hub.unix)
        self.assertEqual(hub.request("GET", "/readyz", over_unix=False).status, 200)
        self.assertEqual(hub.request("GET", "/readyz", over_unix=True).status, 200)
        self.assertEqual([door["address"] for door in hub.state()["doors"]], addresses)

    def test_a_port_may_be_chosen_by_name(self):
        hub = self.hub(http="localhost:0", unix=False)
        self.assertEqual(hub.request("GET", "/livez").status, 200)

    def test_only_the_unix_door(self):
        hub = self.hub(http="")
        self.assertEqual(hub.doors, [("unix", hub.unix)])

    def test_the_socket_is_for_its_owner_alone(self):
        hub = self.hub()
        self.assertEqual(stat.S_IMODE(os.stat(hub.unix).st_mode), 0o600)

    def test_the_mode_of_the_socket_and_its_folder_can_be_set(self):
        hub = Hub("unix.mode=0660")
        hub.settings[1] = f"unix.path={hub.folder}/run/aldis.sock"
        hub.unix = f"{hub.folder}/run/aldis.sock"
        with hub:
            self.assertEqual(stat.S_IMODE(os.stat(hub.unix).st_mode), 0o660)
            self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(hub.unix)).st_mode), 0o755)

    def test_the_default_socket_is_in_the_runtime_folder(self):
        if os.geteuid() == 0:
            self.skipTest("root has its socket in /run")
        hub = Hub()
        hub.env["XDG_RUNTIME_DIR"] = hub.folder
        hub.settings = ["http.listen=127.0.0.1:0"]
        with hub:
            self.assertEqual(hub.door("unix"), f"{hub.folder}/aldis/aldis.sock")
            self.assertEqual(stat.S_IMODE(os.stat(f"{hub.folder}/aldis").st_mode), 0o700)

    def test_a_socket_left_behind_is_replaced_and_one_in_use_is_not(self):
        hub = self.hub()
        second = Hub()
        second.settings[1] = f"unix.path={hub.unix}"
        with self.assertRaises(AssertionError) as failed:
            second.__enter__()
        second.__exit__(None, None, None)
        self.assertIn("-s unix.path: ", str(failed.exception))
        self.assertEqual(hub.request("GET", "/livez").status, 200)

        hub.kill()
        self.assertTrue(os.path.exists(hub.unix))
        third = Hub()
        third.settings[1] = f"unix.path={hub.unix}"
        third.unix = hub.unix
        with third:
            self.assertEqual(third.request("GET", "/livez").status, 200)
        self.assertFalse(os.path.exists(hub.unix))

    def test_the_supervisor_is_told(self):
        hub = Hub()
        path = os.path.join(hub.folder, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
            supervisor.bind(path)
            supervisor.settimeout(10)
            hub.env["NOTIFY_SOCKET"] = path
            with hub:
                self.assertEqual(supervisor.recv(100), b"READY=1")
            self.assertEqual(supervisor.recv(100), b"STOPPING=1")

    def test_logs_go_to_standard_error_as_asked(self):
        hub = self.hub("log.level=info", "log.format=json")
        wait_until(lambda: any('"message":"ready"' in line for line in hub.log), "the line in the log")
        self.assertRegex(hub.log[0], r'\A\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"info",')
        quiet = self.hub("log.level=error")
        quiet.request("GET", "/livez")
        self.assertEqual(quiet.stop(), 0)
        self.assertEqual(quiet.log, [])

    def test_bytes_of_peers_are_escaped_in_the_log(self):
        hub = self.hub("log.level=debug")

        async def evil():
            from harness import Connector

            async with Connector(hub.url(), target="a\x1b[2J\nready"):
                pass

        self.run_async(evil())
        wait_until(lambda: any("party registered" in line for line in hub.log), "the line in the log")
        line = next(line for line in hub.log if "party registered" in line)
        self.assertIn(r"a\\x1B[2J\\x0Aready", line)
        self.assertFalse(re.search(r"[\x00-\x09\x0b-\x1f]", "".join(hub.log)))


if __name__ == "__main__":
    unittest.main()
