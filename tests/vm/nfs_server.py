"""An NFS server for a lab: nfs-ganesha and rpcbind, which version 3 asks for, in the front end's network.

They run in a mount and a pid namespace of their own: rpcbind's socket in /run does not meet the machine's, and all of
them are gone when the first process is.
"""

import pathlib
import subprocess
import tempfile

PSEUDO = "/export"  # what clients of all versions call it

CONFIGURATION = """
NFS_Core_Param {{ Protocols = 3, 4; Enable_NLM = false; Enable_RQUOTA = false; mount_path_pseudo = true; }}
NFSv4 {{ Minor_Versions = 0, 2; Graceless = true; RecoveryBackend = fs_ng; RecoveryRoot = "{recovery}"; }}
NFS_KRB5 {{ Active_krb5 = false; }}
LOG {{ Default_Log_Level = EVENT; }}
"""
EXPORT = """
EXPORT {{
  Export_Id = {number};
  Path = "{export}";
  Pseudo = "{pseudo}";
  Access_Type = RW;
  Squash = No_Root_Squash;
  SecType = sys;
  FSAL {{ Name = VFS; }}
}}
"""
# An empty /run is theirs; rpcbind goes to the background, and ends when the server does.
START = ("mount -t tmpfs none /run && mkdir /run/rpcbind && rpcbind && "
         "exec ganesha.nfsd -F -f $0/conf -L $0/log -p $0/pid")


class NfsServer:
    """Serves directories of its own: `exports`, by what clients call them; `export` is the first. Not running until
    start()."""

    def __init__(self, namespace, exports=(PSEUDO,)):
        self._namespace = namespace
        self._folder = tempfile.TemporaryDirectory(prefix="nfs-server-")
        self._process = None
        folder = pathlib.Path(self._folder.name)
        self.exports = {pseudo: folder / f"export{number}" for number, pseudo in enumerate(exports, 1)}
        self.export = self.exports[exports[0]]
        for path in (*self.exports.values(), folder / "recovery"):
            path.mkdir(mode=0o755)
        text = CONFIGURATION.format(recovery=folder / "recovery")
        for number, (pseudo, path) in enumerate(self.exports.items(), 1):
            text += EXPORT.format(number=number, export=path, pseudo=pseudo)
        (folder / "conf").write_text(text)

    def start(self):
        self._process = subprocess.Popen(
            ["nsenter", f"--net={self._namespace}", "--", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--",
             "sh", "-c", START, self._folder.name],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        """By SIGKILL: clients are not told."""
        if self._process:
            self._process.kill()
            self._process.wait()
        self._process = None

    def log(self):
        path = pathlib.Path(self._folder.name, "log")
        return path.read_text() if path.exists() else "(the NFS server has said nothing)"

    def remove(self):
        self.stop()
        self._folder.cleanup()
