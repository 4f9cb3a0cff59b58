#include "sys/exec.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <optional>
#include <utility>

#include "sys/child.h"
#include "sys/signals.h"
#include "sys/text.h"

namespace sys {

namespace {

constexpr int status_of_failed_start = 127;  // as shells have it
constexpr int longest_pause_ms = 512;        // so that a program which is being written fails after 1023 ms in all

void send(int report_fd, const ExecReport& report) { (void)write_all(report_fd, &report, sizeof report); }

ExecReport report_of(const Error& error) {
  ExecReport report;
  report.code = error.code;
  error.what.copy(report.what, sizeof report.what - 1);
  return report;
}

[[noreturn]] void give_up(int report_fd, const Error& error) {
  send(report_fd, report_of(error));
  ::_exit(status_of_failed_start);
}

// A file in memory rather than a pipe: nobody has to feed it while the program reads, or does not.
Result<Fd> open_input(const SpawnSpec& spec) {
  if (spec.input.empty()) {
    Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!null.valid()) return failure(errno, "open /dev/null");
    return null;
  }
  Fd file(::memfd_create("stdin", MFD_CLOEXEC));
  if (!file.valid()) return failure(errno, "memfd_create for stdin");
  if (const auto status = write_all(file.get(), spec.input.data(), spec.input.size()); !status)
    return tl::unexpected(status.error());
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return failure(errno, "go to the beginning of stdin");
  return file;
}

Status connect(int source, int target) {
  if (::dup2(source, target) < 0) return failure(errno, cat("set up descriptor ", target));
  return {};
}

Status connect_given_streams(const ExecDescriptors& descriptors) {
  if (auto status = connect(descriptors.output, STDOUT_FILENO); !status) return status;
  if (auto status = connect(descriptors.error, STDERR_FILENO); !status) return status;
  return descriptors.input < 0 ? Status() : connect(descriptors.input, STDIN_FILENO);
}

Status connect_own_input(const SpawnSpec& spec) {
  const auto input = open_input(spec);
  return input ? connect(input->get(), STDIN_FILENO) : tl::unexpected(input.error());
}

// Of the session that this process leads now.
Status take_terminal() {
  if (::ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0) return failure(errno, "take the terminal");
  return {};
}

Status take_identity(const SpawnSpec& spec) {
  ::umask(static_cast<mode_t>(spec.umask));
  // A front end that is not root starts programs as itself only, and may not even set its own groups.
  const bool already = ::geteuid() != 0 && ::geteuid() == spec.uid && ::getegid() == spec.gid;
  if (already) return {};
  if (::setgroups(spec.groups.size(), spec.groups.data()) < 0) return failure(errno, "set supplementary groups");
  if (::setgid(spec.gid) < 0) return failure(errno, cat("become group ", spec.gid));
  if (::setuid(spec.uid) < 0) return failure(errno, cat("become user ", spec.uid));
  return {};
}

// As root, who alone may raise them.
Status set_limits(const SpawnSpec& spec) {
  for (const Limit& limit : spec.limits)
    if (auto status = set_limit(limit); !status) return status;
  return {};
}

// As the new user, whose permissions count. Why it is in / instead; nothing when it is where it should be.
Result<std::optional<Error>> enter_directory(const SpawnSpec& spec) {
  if (::chdir(spec.directory.c_str()) == 0) return std::nullopt;
  Error trouble{errno, cat("enter directory ", printable(spec.directory))};
  if (spec.directory_required) return tl::unexpected(std::move(trouble));
  if (::chdir("/") < 0) return failure(errno, "enter directory /");
  return trouble;
}

Result<std::string> choose_path(const SpawnSpec& spec) {
  if (!spec.prepare) return spec.path;
  auto path = spec.prepare();
  if (path && path->empty()) return spec.path;
  return path;
}

// Returns only with what is wrong (errno). A program that has just been put in place may be open for writing for a moment
// yet, in another child that was forked meanwhile and has not come to close what it has inherited. Who really writes to it
// cannot be told from that.
int execute(const std::string& path, const ExecVectors& vectors) {
  for (int pause_ms = 1;; pause_ms *= 2) {
    ::execve(path.c_str(), vectors.arguments.data(), vectors.environment.data());
    if (errno != ETXTBSY || pause_ms > longest_pause_ms) return errno;
    ::poll(nullptr, 0, pause_ms);
  }
}

[[noreturn]] void run_stages(const SpawnSpec& spec, const ExecVectors& vectors, ExecDescriptors descriptors) {
  const auto demand = [&](const Status& status) {
    if (!status) give_up(descriptors.report, status.error());
  };
  demand(connect_given_streams(descriptors));
  become_child(descriptors.report);
  if (descriptors.input < 0) demand(connect_own_input(spec));
  ignore_signals_in_child(spec.ignored);
  if (spec.terminal) demand(take_terminal());
  const auto path = choose_path(spec);
  if (!path) give_up(descriptors.report, path.error());
  demand(set_limits(spec));
  demand(take_identity(spec));
  const auto elsewhere = enter_directory(spec);
  if (!elsewhere) give_up(descriptors.report, elsewhere.error());
  ExecReport report = *elsewhere ? report_of(**elsewhere) : ExecReport{};
  report.executes = true;
  send(descriptors.report, report);
  const int code = execute(*path, vectors);
  give_up(descriptors.report, Error{code, cat("execute ", *path)});
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings)
    pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ExecVectors::ExecVectors(SpawnSpec& spec)
    : arguments(pointers_to(spec.arguments)), environment(pointers_to(spec.environment)) {}

void execute_in_child(const SpawnSpec& spec, const ExecVectors& vectors, ExecDescriptors descriptors) {
  try {
    run_stages(spec, vectors, descriptors);
  } catch (const std::exception& error) {
    give_up(descriptors.report, Error{ENOMEM, error.what()});
  } catch (...) {
    ::_exit(status_of_failed_start);
  }
}

}  // namespace sys
