#include "lab/cgroup.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "sys/fd.h"
#include "sys/text.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

// From the leaves up; a group's files go with it. What cannot be removed shows when the group is made anew.
void remove_groups(const std::string& top) {
  std::vector<std::string> groups = {top};
  std::error_code error;
  for (fs::recursive_directory_iterator entry(top, error), end; !error && entry != end; entry.increment(error))
    if (entry->is_directory(error)) groups.push_back(entry->path());
  for (auto group = groups.rbegin(); group != groups.rend(); ++group)
    static_cast<void>(rmdir(group->c_str()));
}

}  // namespace

sys::Status enter_cgroup(const std::string& directory) {
  const std::string group = directory + "/machine";
  remove_groups(group);
  if (mkdir(group.c_str(), 0755) != 0) return sys::failure(errno, sys::cat("make cgroup ", group));
  const sys::Fd file(open((group + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid() || write(file.get(), "0", 1) != 1) return sys::failure(errno, sys::cat("enter cgroup ", group));
  if (unshare(CLONE_NEWCGROUP) != 0) return sys::failure(errno, "make a cgroup namespace");
  return {};
}

}  // namespace lab
