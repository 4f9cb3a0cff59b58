#include "nodeinit/settings_file.h"

#include <utility>

#include "nodeinit/records.h"
#include "nodeinit/toml_settings.h"
#include "sys/text.h"

namespace node {

namespace {

constexpr std::size_t max_file = 64u << 10;  // bytes
constexpr sys::Duration parse_deadline = std::chrono::seconds(5);

FileSettings only_problem(std::string text) { return {.assignments = {}, .problems = {std::move(text)}}; }

FileSettings decode(const std::string& path, const sys::WorkerResult& result) {
  const auto fields = split_fields(result.output, 3);
  if (!result.succeeded() || !fields) {
    return only_problem(sys::cat(path, ": ignored: its parser broke down (", describe_end(result), ")"));
  }
  FileSettings found;
  for (std::size_t at = 0; at < fields->size(); at += 3) {
    const std::string origin = sys::cat(path, ":", (*fields)[at]);
    const std::string_view key = (*fields)[at + 1];
    const std::string_view value = (*fields)[at + 2];
    if (key.empty()) {
      found.problems.push_back(sys::cat(origin, ": ", sys::printable(value)));
    } else {
      found.assignments.push_back({origin, std::string(key), std::string(value)});
    }
  }
  return found;
}

}  // namespace

void read_settings_file(sys::Files& files, sys::Workers& workers, const std::string& path,
                        std::function<void(FileSettings)> done) {
  const auto facts = files.facts(path);
  if (!facts) return done(only_problem(sys::cat("ignored: ", facts.error().text())));
  if (!facts->has_value()) return done({});
  auto document = files.read(path, max_file);
  if (!document) return done(only_problem(sys::cat("ignored: ", document.error().text())));

  sys::WorkerSpec parser{.name = "configuration", .deadline = parse_deadline};
  parser.work = [text = std::move(*document)](sys::WorkerOutput& output) {
    const std::string records = flatten_toml(text);
    return output.write(records.data(), records.size()) ? 0 : 1;
  };
  // Shared: when the worker cannot be started, `done` is needed here.
  auto once = std::make_shared<std::function<void(FileSettings)>>(std::move(done));
  const auto started = workers.start(std::move(parser),
                                     [path, once](const sys::WorkerResult& result) { (*once)(decode(path, result)); });
  if (!started) (*once)(only_problem(sys::cat(path, ": ignored: ", started.error().text())));
}

}  // namespace node
