// Answers ListProcesses. A worker reads /proc, since a process that hangs can hold up whoever reads its command line;
// those who ask meanwhile are answered together by the next one.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "process/process_table.h"
#include "sys/log.h"
#include "sys/worker.h"

namespace node {

class ProcessLister {
 public:
  struct Hooks {
    std::function<std::vector<process::KnownRank>()> ranks;
    std::function<void(const transport::ProcessList&, std::uint64_t request)> answer;
  };
  static constexpr std::size_t max_waiting = 64;

  ProcessLister(sys::Workers& workers, sys::Files& files, sys::Cgroups& cgroups, sys::Log& log, Hooks hooks);

  void list(const transport::ListProcesses& wanted, std::uint64_t request);

 private:
  struct Question {
    std::uint64_t request;
    std::uint64_t job;  // 0: all
  };

  void start();
  void fail(const std::string& why);
  void on_read(const sys::WorkerResult& result);
  void answer(const Question& question, const transport::ProcessList& all);

  sys::Workers& workers_;
  sys::Files& files_;
  sys::Cgroups& cgroups_;
  sys::Log& log_;
  Hooks hooks_;
  bool reading_ = false;
  std::vector<Question> asked_;    // before the worker was started
  std::vector<Question> waiting_;  // for the next one
};

}  // namespace node
