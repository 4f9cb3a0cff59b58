// What is wrong with configuration files, collected: a reader of files goes on after a mistake, so that one check
// shows all of them, each as file:line: reason.
#pragma once

#include <string>
#include <vector>

namespace frontend {

enum class Weight { warning, error };  // error: nothing starts with it

struct Problem {
  std::string file;
  unsigned line = 0;  // 0: the file as a whole
  Weight weight = Weight::error;
  std::string reason;

  // One line, fit for a terminal.
  std::string text() const;              // "cluster.toml:12: ...": for the log, whose lines have a weight of their own
  std::string text_with_weight() const;  // "cluster.toml:12: warning: ..."
};

class Problems {
 public:
  void error(std::string file, unsigned line, std::string reason);
  void warn(std::string file, unsigned line, std::string reason);
  bool errors() const;
  std::size_t warnings() const;
  // By file in the order of their first problem, then by line.
  std::vector<Problem> sorted() const;

 private:
  std::vector<Problem> problems_;
};

}  // namespace frontend
