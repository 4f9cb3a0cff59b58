// cp: files to nodes and from nodes. On the nodes nodectl itself runs, moved there as any program (tree_helper.h), with a
// stream of files on its standard input or output (tree_format.h).
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "frontend/common/current_directory.h"
#include "frontend/nodectl/copy_collector.h"
#include "frontend/nodectl/copy_operands.h"
#include "frontend/nodectl/copy_progress.h"
#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/real_path.h"
#include "frontend/nodectl/run_request.h"
#include "frontend/nodectl/tree_helper.h"
#include "frontend/nodectl/tree_reader.h"
#include "frontend/nodectl/verbs.h"
#include "sys/text.h"

namespace frontend {
namespace {

using sys::cat;

// The sources as standard input of a run. No descriptor that a loop could wait for: there is always something.
class TreeStream final : public sys::Stream {
 public:
  explicit TreeStream(TreeReader& reader) : reader_(reader) {}
  sys::Result<std::size_t> read(std::span<std::byte> into) override { return reader_.read(into); }
  sys::Result<std::size_t> write(std::span<const std::byte>) override {
    return sys::failure(EBADF, "write to what is read");
  }
  int fd() const override { return -1; }
  sys::Status connect_result() override { return {}; }

 private:
  TreeReader& reader_;
};

int status_of(int run_status, bool failed) {
  return failed && run_status == 0 ? int{exit_failure} : std::min(run_status, run_status == exit_usage ? 2 : 1);
}

int copy_to_nodes(Context& context, const CopyOperands& operands, CopyFlags flags, RunOptions run) {
  run.command = receive_command(run.command.front(), flags, operands.destination);
  const auto request = make_run_request(run, context.loop.clock());
  if (!request) {
    complain(context, request.error().text());
    return exit_failure;
  }
  TreeReader reader(operands.sources, sys::LinkTrust::all, flags.recursive,
                    [&context](const std::string& what) { complain(context, what); });
  const CopyProgress progress(context, [&reader] { return reader.count(); });
  RunView view(context, true, true);
  view.read_input(std::make_unique<TreeStream>(reader));
  const int status = follow_run(context, view, *request);
  return status_of(status, reader.failed());
}

int copy_from_nodes(Context& context, const CopyOperands& operands, CopyFlags flags, RunOptions run) {
  run.command = send_command(run.command.front(), flags, operands.sources);
  run.input = transport::no_rank;
  const auto request = make_run_request(run, context.loop.clock());
  if (!request) {
    complain(context, request.error().text());
    return exit_failure;
  }
  // Below what was typed, no link of others is followed.
  CopyCollector collector(context, real_path(operands.destination), flags.preserve);
  const CopyProgress progress(context, [&collector] { return collector.count(); });
  RunView view(context, true, true);
  view.take_output(collector);
  const int status = follow_run(context, view, *request);
  return status_of(status, collector.failed());
}

}  // namespace

int run_cp(Context& context, const CpOptions& options) {
  const auto here = find_current_directory();
  if (!here) {
    complain(context, here.error().text());
    return exit_failure;
  }
  const auto operands = read_operands(options.operands, *here);
  if (!operands) {
    complain(context, operands.error().text());
    return exit_usage;
  }
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    complain(context, cat("cannot find nodectl itself: ", error.message()));
    return exit_failure;
  }
  RunOptions run;
  run.nodes = operands->nodes;
  run.command = {self.string()};
  run.directory = "/";  // all paths are absolute: it does not matter that the caller's is not on the nodes
  const CopyFlags flags{.recursive = options.recursive, .preserve = options.preserve};
  return operands->to_nodes ? copy_to_nodes(context, *operands, flags, std::move(run))
                            : copy_from_nodes(context, *operands, flags, std::move(run));
}

}  // namespace frontend
