#!/usr/bin/python3
"""A user's link on the way of what root places on a node: nothing is made, replaced or mounted behind it, the reason
names it, and once it is gone all is well."""

import os
import pathlib
import shutil
import tempfile

import lab

USER = "1000"
HOME = """
[[step]]
kind = "file"
path = "/secret/file"
source = "{source}"
mode = "0600"
[[step]]
kind = "directory"
path = "/home/u"
owner = "1000:1000"
"""
# What is done below /home/u/way; each step may fail, so that one run meets the link with all of them.
STEPS = {
    "the file": 'kind = "file"\npath = "/home/u/way/file"\nsource = "{source}"\nowner = "1000:1000"',
    "the directory": 'kind = "directory"\npath = "/home/u/way/directory"\nowner = "1000:1000"\nmode = "0777"',
    "the device": 'kind = "device"\npath = "/home/u/way/null"\ntype = "char"\nmajor = 1\nminor = 3',
    "the link": 'kind = "link"\npath = "/home/u/way/link"\ntarget = "file"',
    "the mount": 'kind = "mount"\ntype = "tmpfs"\ntarget = "/home/u/way/mount"',
    "the bound": 'kind = "mount"\ntype = "bind"\nsource = "/home/u/way/directory"\ntarget = "/bound"',
}
LAST = '[[step]]\nname = "the last"\nkind = "file"\npath = "/home/u/way/last"\nsource = "{source}"\n'


def step(name):
    return f'[[step]]\nname = "{name}"\non_failure = "continue"\n{STEPS[name]}\n'


class PathSafety(lab.LabTest):
    def as_user(self, cluster, *command):
        """A program of this machine that uid 1000 runs on the node."""
        cluster.ctl("run", "0", "--", command[0], "--version")  # so that it stands there
        return cluster.ctl("run", "0", "--", "/usr/bin/setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", *command)

    def secret(self, cluster):
        """All that a link to /secret could harm."""
        root = f"/proc/{cluster.pid1(0)}/root"
        return lab.run(["sh", "-c", f"cd {root}/secret && stat -c '%y %a %u:%g' . && ls -lAn --time-style=full-iso && cat file && grep secret ../proc/1/mounts"],
                       check=False).stdout

    def test_steps_and_a_planted_link(self):
        source = self.front_end_folder() / "source"
        source.write_text("from the plan\n")
        plan = (HOME + "".join(map(step, STEPS)) + LAST).replace("{source}", str(source))
        cluster = self.lab(plan=plan)
        cluster.wait_up()
        secret = self.secret(cluster)
        self.assertIn("from the plan", secret)

        # What root has made in a user's directory the user may still rename.
        self.as_user(cluster, "/usr/bin/mv", "/home/u/way", "/home/u/old")
        self.as_user(cluster, "/usr/bin/ln", "-s", "/secret", "/home/u/way")
        again = cluster.ctl("up", "0", check=False)
        self.assertNotEqual(again.returncode, 0)
        reason = cluster.status(0)["reason"]
        self.assertIn("the last", reason)
        self.assertIn("/home/u/way is a link that uid 1000 has made", reason)
        log = cluster.ctl("log", "0").stdout
        for name in STEPS:
            if name != "the bound":  # is mounted since the first time, which is all that it wants
                self.assertRegex(log, f"{name}.*/home/u/way is a link that uid 1000 has made")
        self.assertEqual(self.secret(cluster), secret)

        root = f"/proc/{cluster.pid1(0)}/root"
        os.unlink(f"{root}/home/u/way")  # nothing can be run on a node that is in error
        cluster.ctl("up", "0")
        cluster.wait_up()
        self.assertEqual(self.secret(cluster), secret)
        self.assertEqual(pathlib.Path(root, "home/u/way/last").read_text(), "from the plan\n")
        lab.run(["test", "-c", f"{root}/home/u/way/null"])

    def test_a_bind_mount_from_behind_a_planted_link(self):
        source = self.front_end_folder() / "source"
        source.write_text("from the plan\n")
        plant = ('[[step]]\nkind = "run"\ncommand = ["/usr/bin/ln", "-sfn", "/secret", "/home/u/way"]\n'
                 '[[step]]\nkind = "run"\ncommand = ["/usr/bin/chown", "-h", "1000", "/home/u/way"]\n')
        bind = '[[step]]\nname = "the bind"\nkind = "mount"\ntype = "bind"\nsource = "/home/u/way"\ntarget = "/bound"\n'
        cluster = self.lab(plan=(HOME + plant + bind).replace("{source}", str(source)))
        cluster.wait("0", "error")
        self.assertIn("/home/u/way is a link that uid 1000 has made", cluster.status(0)["reason"])
        lab.run(["test", "!", "-e", f"/proc/{cluster.pid1(0)}/root/bound/file"])

    def test_a_moved_program_and_a_planted_link(self):
        source = self.front_end_folder() / "source"
        source.write_text("from the plan\n")
        folder = self.front_end_folder()
        program = folder / "way" / "file"
        program.parent.mkdir()
        shutil.copy("/bin/echo", program)
        cluster = self.lab(plan=HOME.replace("{source}", str(source)))
        cluster.wait_up()
        secret = self.secret(cluster)

        self.as_user(cluster, "/usr/bin/mkdir", "-p", str(folder))
        self.as_user(cluster, "/usr/bin/ln", "-s", "/secret", str(program.parent))
        ran = cluster.ctl("run", "0", "--", str(program), "moved", check=False)
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn(f"{program.parent} is a link that uid 1000 has made", ran.stderr)
        self.assertEqual(self.secret(cluster), secret)

        self.as_user(cluster, "/usr/bin/rm", str(program.parent))
        self.assertEqual(cluster.ctl("run", "0", "--", str(program), "moved").stdout, "moved\n")
        self.assertEqual(self.secret(cluster), secret)

    def test_nobody_else_may_write_to_the_root_directory(self):
        cluster = self.lab()
        cluster.wait_up()
        self.assertEqual(cluster.ctl("run", "0", "--", "/usr/bin/stat", "-c", "%a %u:%g", "/").stdout, "755 0:0\n")

    def front_end_folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)


if __name__ == "__main__":
    lab.main()
