#!/usr/bin/python3
"""What lasts after the steps of a plan: services that are kept alive, limits of what is started, a second network."""

import json
import os
import pathlib
import signal

import lab

QUICK = '[heartbeat]\ninterval = "1s"\nsilence_limit = "4s"\n'
# A script that needs no other program: the nodes have none.
WAITING = "while :; do read -t 10 <> <(:); done"
SERVICE = """
[[step]]
kind = "service"
name = "greeter"
command = ["/bin/bash", "-c", "echo {words} from $NAME; %s"]
environment = { NAME = "{name}" }
""" % WAITING
LIMITS = '[[step]]\nkind = "limits"\nset = { nofile = 500, core = "0:0" }\n'
INTERFACE = """
[[step]]
kind = "interface"
interface = "eth1"
first_address = "10.10.0.7/16"
mtu = 1400
routes = ["10.20.0.0/16 via 10.10.0.254"]
"""
BOOT_LINK = '[[step]]\nkind = "interface"\ninterface = "eth0"\nfirst_address = "10.10.0.7/16"\nretries = 0\n'
# One whose program does not end what it has started.
LEAVING = """
[[step]]
kind = "libraries"
programs = ["/bin/sleep"]
[[step]]
kind = "service"
name = "greeter"
command = ["/bin/bash", "-c", "/bin/sleep 10000 & %s"]
""" % WAITING
NOTHING = '[[step]]\nkind = "hostname"\n'


class Cluster:
    """A lab whose plan changes."""

    def __init__(self, made):
        self.lab = made

    def take(self, plan):
        """Has nodemaster take over another plan, without carrying it out."""
        before = self.lab.frontend_log().count("took over")
        self.lab.file("plan.toml", plan)
        os.kill(self.lab.nodemaster(), signal.SIGHUP)
        lab.eventually(lambda: self.lab.frontend_log().count("took over") > before, "the plan has been taken over")

    def up(self, plan, **options):
        self.take(plan)
        return self.lab.ctl("up", "all", **options)

    def services(self):
        """By node."""
        return {row["node"]: row for row in json.loads(self.lab.ctl("services", "--json").stdout)}

    def pid_here(self, node, pid):
        """What this machine calls a process of a node; None when there is none."""
        return next((one for one in self.lab.processes(f"n{node}") if lab.namespace_pids(one)[1:] == [str(pid)]), None)


class Services(lab.LabTest):
    def setUp(self):
        self.lab_ = self.lab(nodes=2, plan=SERVICE.replace("{words}", "hello"), config=QUICK)
        self.lab_.wait_up()
        self.cluster = Cluster(self.lab_)

    def kill(self, node):
        """Ends a node's service from outside; returns what it was."""
        service = self.cluster.services()[node]
        os.kill(self.cluster.pid_here(node, service["pid"]), signal.SIGKILL)
        return service

    def eventually_restarted(self, node, before):
        def again():
            now = self.cluster.services().get(node)
            return now if now and now["state"] == "running" and now["restarts"] == before["restarts"] + 1 else None
        return lab.eventually(again, f"the service of n{node} runs again")

    def test_a_service_that_is_killed_comes_back(self):
        services = self.cluster.services()
        self.assertEqual([(row["service"], row["state"], row["restarts"]) for row in services.values()],
                         [("greeter", "running", 0)] * 2)
        before = self.kill(0)
        after = self.eventually_restarted(0, before)
        self.assertNotEqual(after["pid"], before["pid"])
        self.assertIn("last end: killed by signal 9", after["reason"])
        self.assertIsNotNone(self.cluster.pid_here(0, after["pid"]))
        self.assertEqual(self.cluster.services()[1], services[1])
        lab.eventually(lambda: self.lab_.ctl("log", "0").stdout.count("greeter: hello from n0") == 2, "both have greeted")
        self.assertRegex(self.lab_.ctl("services", "0").stdout, r"n0 +greeter +running +\d+ +1 ")

        # Nothing has changed: it is left alone.
        self.lab_.ctl("up", "all")
        self.assertEqual(self.cluster.services()[0]["pid"], after["pid"])
        self.lab_.says(0, "setup step greeter: keep /bin/bash running: nothing to do")

    def test_services_follow_the_plan(self):
        before = self.cluster.services()
        self.cluster.up(SERVICE.replace("{words}", "good morning"))
        after = self.cluster.services()
        for node in (0, 1):
            self.assertNotEqual(after[node]["pid"], before[node]["pid"])
            self.assertIsNone(self.cluster.pid_here(node, before[node]["pid"]))
        lab.eventually(lambda: "greeter: good morning from n1" in self.lab_.ctl("log", "1").stdout, "it greets otherwise")

        self.cluster.up(NOTHING)
        for node in (0, 1):
            lab.eventually(lambda node=node: self.cluster.pid_here(node, after[node]["pid"]) is None, "it has ended")
        lab.eventually(lambda: {row["state"] for row in self.cluster.services().values()} == {"ended"}, "that is told")

    def test_a_program_that_is_not_there_fails_the_step(self):
        program = self.lab_.file("daemon", "#!/bin/bash\n" + WAITING, 0o755)
        self.cluster.take(f'[[step]]\nkind = "service"\nname = "absent"\ncommand = ["{program}"]\n')
        pathlib.Path(program).unlink()
        done = self.lab_.ctl("up", "0", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(program, done.stdout + done.stderr)
        self.assertEqual(self.cluster.services()[0]["state"], "running", "a plan that fails takes nothing back")

    def sleeping(self, node):
        """Pids, as this machine counts, of the sleeps of a node."""
        return [pid for pid in self.lab_.processes(f"n{node}") if self.name_of(pid) == "sleep\n"]

    @staticmethod
    def name_of(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/comm").read_text()
        except OSError:
            return ""

    def test_what_a_service_leaves_behind_ends_with_it(self):
        self.cluster.up(LEAVING)
        before = lab.eventually(lambda: self.sleeping(0), "it has started another program")
        self.eventually_restarted(0, self.kill(0))
        lab.eventually(lambda: self.sleeping(0) not in ([], before), "it has started another one")
        self.assertEqual(len(self.sleeping(0)), 1)
        self.assertNotIn(before[0], self.sleeping(0))

        self.cluster.up(NOTHING)
        lab.eventually(lambda: self.sleeping(0) == [], "it is stopped with all that it has started")

    def test_a_service_goes_on_when_its_new_program_is_missing_and_the_plan_may_go_on(self):
        program = self.lab_.file("daemon", "#!/bin/bash\n" + WAITING, 0o755)
        before = self.cluster.services()
        self.cluster.take(f'[[step]]\nkind = "service"\nname = "greeter"\ncommand = ["{program}"]\non_failure = "continue"\n')
        pathlib.Path(program).unlink()
        self.lab_.ctl("up", "all")
        self.lab_.says(0, "service greeter: what the plan wants instead is missing on the front end, it goes on as it was")
        self.assertEqual({node: row["pid"] for node, row in self.cluster.services().items()},
                         {node: row["pid"] for node, row in before.items()})

    def test_services_outlive_the_front_end(self):
        before = self.cluster.services()
        self.lab_.nodelab("stop-frontend", "--kill")
        os.kill(self.cluster.pid_here(0, before[0]["pid"]), signal.SIGKILL)
        lab.eventually(lambda: self.lab_.console(0).count("greeter: hello from n0") == 2, "it runs again")
        self.lab_.nodelab("start-frontend")
        self.lab_.wait_up()
        after = self.eventually_restarted(0, before[0])
        self.assertNotEqual(after["pid"], before[0]["pid"])
        lab.eventually(lambda: self.cluster.services().get(1, {}).get("pid") == before[1]["pid"], "the other one is known")

    def test_a_node_that_restarts_ends_its_services(self):
        self.lab_.ctl("reboot", "0")
        self.lab_.wait_up()
        lab.eventually(lambda: self.cluster.services().get(0, {}).get("state") == "running", "it has begun anew")
        self.assertIn("restart: asked by the front end", self.lab_.console(0))


class Limits(lab.LabTest):
    def test_limits_are_in_force_until_the_plan_is_without_them(self):
        made = self.lab(plan=LIMITS + SERVICE.replace("{words}", "$(ulimit -n) files"), config=QUICK)
        made.wait_up()
        cluster = Cluster(made)
        files = ("run", "0", "--", "/bin/sh", "-c", "ulimit -n; ulimit -c")
        self.assertEqual(made.ctl(*files).stdout, "500\n0\n")
        lab.eventually(lambda: "greeter: 500 files from n0" in made.ctl("log", "0").stdout, "services have them, too")
        made.says(0, "setup step limits: set 2 limits: core 0, nofile 500")
        made.ctl("up", "0")
        made.says(0, "setup step limits: set 2 limits: nothing to do")
        cluster.up(NOTHING)
        self.assertNotEqual(made.ctl(*files).stdout.split()[0], "500")


class Interface(lab.LabTest):
    def ip(self, node, *words):
        return lab.run(["ip", "-n", self.lab_.namespace(f"n{node}").name, *words]).stdout

    def test_a_second_network(self):
        self.lab_ = self.lab(nodes=2, plan=INTERFACE, config=QUICK)
        lab.eventually(lambda: "there is no link eth1" in self.lab_.status(0)["reason"], "the node waits for the link")
        for node in (0, 1):
            self.ip(node, "link", "add", "eth1", "type", "veth", "peer", "name", "far1")
        self.lab_.wait_up()
        for node in (0, 1):
            shown = self.ip(node, "-4", "-o", "addr", "show", "dev", "eth1")
            self.assertIn(f"inet 10.10.0.{7 + node}/16 brd 10.10.255.255", shown)
            self.assertIn("mtu 1400", self.ip(node, "link", "show", "eth1"))
            self.assertIn("10.20.0.0/16 via 10.10.0.254 dev eth1", self.ip(node, "route"))
        cluster = Cluster(self.lab_)
        self.lab_.ctl("up", "all")
        self.lab_.says(0, "setup step interface eth1: set up interface eth1: nothing to do")

        cluster.up(INTERFACE.replace("10.10.0.7", "10.10.0.107"))
        self.assertNotIn("10.10.0.7/", self.ip(0, "addr"))
        self.assertIn("inet 10.10.0.107/16", self.ip(0, "addr"))
        self.assertIn("10.20.0.0/16 via 10.10.0.254 dev eth1", self.ip(0, "route"))

        before = self.ip(0, "addr", "show", "dev", "eth0")
        done = cluster.up(BOOT_LINK, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the node has booted from it", done.stdout + done.stderr)
        self.assertEqual(self.ip(0, "addr", "show", "dev", "eth0"), before)


class Time(lab.LabTest):
    def test_in_a_container_the_clock_is_the_machines(self):
        made = self.lab(plan='[[step]]\nkind = "time"\nhardware = true\n')
        made.wait_up()
        lab.eventually(lambda: "nothing to do: in a container the clock is the machine's" in made.ctl("boot-log", "0").stdout,
                       "the step says why")


if __name__ == "__main__":
    lab.main()
