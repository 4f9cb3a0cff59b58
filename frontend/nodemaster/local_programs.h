// Programs that run on the front end for a node: hooks and `run` steps of the plan. A bounded number runs at once, each
// has a time limit, and what it prints goes to the log.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sys/children.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/result.h"
#include "sys/spawn.h"

namespace frontend {

struct LocalProgram {
  std::string title;                 // "n3: hook 10-dns": begins the log lines
  std::vector<std::string> command;  // absolute path first
  std::vector<std::string> environment;
  sys::Duration limit{};
};

class LocalPrograms {
 public:
  using Id = std::uint64_t;
  using Done = std::function<void(sys::Status)>;  // "exit status 3" is an error

  LocalPrograms(sys::Loop& loop, sys::Spawner& spawner, sys::Children& children, sys::Log& log,
                std::size_t at_once = 16);
  ~LocalPrograms();

  // Calls `done` from the loop, once.
  Id start(LocalProgram program, Done done);
  // Kills it if it runs; `done` is not called any more.
  void cancel(Id id);
  std::size_t running() const { return running_.size(); }

 private:
  struct Waiting {
    Id id;
    LocalProgram program;
    Done done;
  };
  struct Running;

  void start_next();
  void run(Waiting next);
  void on_limit(Id id);
  void on_ended(Id id, const sys::Exit& exit);

  sys::Loop& loop_;
  sys::Spawner& spawner_;
  sys::Children& children_;
  sys::Log& log_;
  const std::size_t at_once_;
  Id next_id_ = 1;
  std::deque<Waiting> waiting_;
  std::map<Id, std::unique_ptr<Running>> running_;
};

}  // namespace frontend
