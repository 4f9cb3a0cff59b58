#!/usr/bin/python3
"""What may be wrong when a node boots, and that it comes up all the same, by itself, and says what was wrong."""

import tempfile

import lab

STATIC = ["network.method=static", "network.address=10.9.1.0/16", "front_end.address=10.9.0.1",
          "network.gateway=10.9.0.1"]


class BootFaults(lab.LabTest):
    def test_no_answer_to_rarp_then_an_answer(self):
        cluster = self.lab(no_frontend=True)
        cluster.says(0, "no answer")
        cluster.nodelab("start-frontend")
        cluster.wait_up()
        self.assertGreater(cluster.status(0)["address_requests"], 1)

    def test_front_end_not_started_yet(self):
        cluster = self.lab(no_frontend=True, node_argument=STATIC)
        cluster.says(0, "10.9.0.1:2223")
        cluster.nodelab("start-frontend")
        cluster.wait_up()

    def test_broken_configuration_file(self):
        broken = "[network\nprefix = sixteen\n\xc4\x83\n"
        with open(self.temporary("broken.toml"), "w", encoding="utf-8") as file:
            file.write(broken)
        cluster = self.lab(node_config=file.name)
        cluster.wait_up()
        self.assertIn("/etc/nodeinit.toml", cluster.console(0))
        self.assertIn("/etc/nodeinit.toml", cluster.ctl("log", "0").stdout)

    def test_bad_values_in_the_configuration_file(self):
        with open(self.temporary("bad.toml"), "w", encoding="utf-8") as file:
            file.write('[network]\nprefix = 77\nmethod = "telepathy"\n[log]\nconsole = "debug"\n[nonsense]\nkey = 1\n')
        cluster = self.lab(node_config=file.name)
        cluster.wait_up()
        console = cluster.console(0)
        for word in ("network.prefix", "network.method", "telepathy", "nonsense"):
            self.assertIn(word, console)

    def test_broken_arguments(self):
        cluster = self.lab(node_argument=["network.prefix=banana", "no.such.key=1", "just-a-word", "log.console=loud"])
        cluster.wait_up()
        console = cluster.console(0)
        for word in ("banana", "no.such.key", "just-a-word", "loud"):
            self.assertIn(word, console)

    def test_a_weaker_value_holds_when_a_stronger_one_is_bad(self):
        cluster = self.lab(node_argument=["network.prefix=99"])  # the image says 16
        cluster.wait_up()
        table = lab.run(["nsenter", f"--net={cluster.namespace('n0')}", "--", "ip", "-br", "address"]).stdout
        self.assertIn("10.9.1.0/16", table)

    def test_an_unknown_node_is_named_with_a_line_to_paste(self):
        cluster = self.lab(nodes=2, config='[[nodes]]\nnode = 0\nmac = "52:54:00:09:00:00"\naddress = "10.9.1.0"\n')
        cluster.wait_up()
        lab.eventually(lambda: 'mac = "52:54:00:09:00:01"' in cluster.frontend_log(), "the log has a line for n1")

    def temporary(self, name):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return f"{folder.name}/{name}"


if __name__ == "__main__":
    lab.main()
