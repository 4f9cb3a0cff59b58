#include "nodeinit/process_lister.h"

#include <algorithm>
#include <utility>

#include "nodeinit/records.h"
#include "sys/text.h"
#include "transport/codec.h"

namespace node {
namespace {

using transport::ProcessList;

constexpr sys::Duration deadline = std::chrono::seconds(5);
constexpr std::size_t output_limit = 4u << 20;  // bytes: max_listed processes take a third

}  // namespace

ProcessLister::ProcessLister(sys::Workers& workers, sys::Files& files, sys::Cgroups& cgroups, sys::Log& log,
                             Hooks hooks)
    : workers_(workers), files_(files), cgroups_(cgroups), log_(log), hooks_(std::move(hooks)) {}

void ProcessLister::list(const transport::ListProcesses& wanted, std::uint64_t request) {
  if (waiting_.size() >= max_waiting)
    return answer({request, wanted.job}, {.trouble = "its processes are asked for too often; try again"});
  waiting_.push_back({request, wanted.job});
  if (!reading_) start();
}

void ProcessLister::start() {
  asked_ = std::exchange(waiting_, {});
  sys::WorkerSpec spec{.name = "list of processes", .deadline = deadline, .output_limit = output_limit};
  spec.work = [this, ranks = hooks_.ranks()](sys::WorkerOutput& output) {
    transport::Bytes bytes;
    ProcessList list{.processes = process::list_processes(files_, cgroups_, ranks)};
    if (list.processes.size() == process::max_listed)
      list.trouble = sys::cat("it has more processes than the ", process::max_listed, " that are listed");
    if (!transport::encode(list, bytes)) return 1;
    return output.write(bytes.data(), bytes.size()) ? 0 : 1;
  };
  const auto started = workers_.start(std::move(spec), [this](const sys::WorkerResult& result) { on_read(result); });
  reading_ = started.has_value();
  if (started) return;
  fail(started.error().text());
}

void ProcessLister::fail(const std::string& why) {
  log_.warning("no list of processes: ", why);
  for (const Question& question : std::exchange(asked_, {}))
    answer(question, {.trouble = sys::cat("its processes could not be listed: ", why)});
}

void ProcessLister::on_read(const sys::WorkerResult& result) {
  reading_ = false;
  const auto decoded = transport::decode(ProcessList::number, result.output);
  if (result.succeeded() && decoded) {
    for (const Question& question : std::exchange(asked_, {}))
      answer(question, std::get<ProcessList>(*decoded));
  } else {
    fail(describe_end(result));
  }
  if (!waiting_.empty()) start();
}

void ProcessLister::answer(const Question& question, const ProcessList& all) {
  ProcessList list{.trouble = all.trouble};
  std::copy_if(all.processes.begin(), all.processes.end(), std::back_inserter(list.processes),
               [&](const auto& entry) { return question.job == 0 || entry.job == question.job; });
  hooks_.answer(list, question.request);
}

}  // namespace node
