// What the caller of `nodectl run` sees.
#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <utility>

#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/line_labeller.h"
#include "frontend/nodectl/run_view.h"
#include "tests/unit/frontend_nodectl_fixture.h"
#include "tests/unit/temporary_directory.h"

namespace {

using frontend::exit_status_of;
using frontend::LineLabeller;
using frontend::RunView;
using transport::RunEnd;
using transport::RunOutput;
using transport::StreamName;

transport::Bytes bytes(std::string_view text) {
  const auto raw = std::as_bytes(std::span(text));
  return {raw.begin(), raw.end()};
}

RunOutput out(std::uint32_t rank, std::string_view text) { return {rank, StreamName::output, 0, bytes(text)}; }
RunOutput error(std::uint32_t rank, std::string_view text) { return {rank, StreamName::error, 0, bytes(text)}; }
RunEnd exits(std::uint32_t rank, int status) { return {.rank = rank, .started = true, .status = status << 8}; }
RunEnd dies(std::uint32_t rank, int signal) { return {.rank = rank, .started = true, .status = signal}; }
RunEnd fails(std::uint32_t rank, int code, const char* why) { return {.rank = rank, .code = code, .reason = why}; }

struct Run : fakes::Command {
  Run(bool label, std::vector<transport::NodeNumber> nodes, std::size_t capacity = 1u << 20)
      : Command(capacity), view(*context, label) {
    started.job = 1;
    started.nodes = std::move(nodes);
    for (const auto node : started.nodes)
      started.names.push_back("n" + std::to_string(node));
  }
  // nodemaster's side of the story, in which output follows upon output; Done is added.
  int with(std::vector<transport::Message> story) {
    std::map<std::pair<std::uint32_t, StreamName>, std::uint64_t> said;
    for (auto& message : story) {
      auto* const said_now = std::get_if<RunOutput>(&message);
      if (said_now == nullptr) continue;
      std::uint64_t& position = said[{said_now->rank, said_now->stream}];
      said_now->offset = position;
      position += said_now->data.size();
    }
    return with_exactly(story);
  }
  int with_exactly(const std::vector<transport::Message>& story) {
    master.answer = [this, story](const transport::Message&) {
      master.send(started);
      for (const auto& message : story)
        master.send(message);
      master.send(transport::Done{});
    };
    return view.run({});
  }
  transport::RunStarted started;
  fakes::ScriptedMaster master{loop, sockets};
  RunView view;
};

std::string add(LineLabeller& labeller, std::string_view text) { return labeller.add(bytes(text)); }

}  // namespace

TEST_CASE("run: streams are kept apart and the exit status is the program's") {
  Run run(false, {3});
  CHECK(run.with({out(0, "out\n"), error(0, "err\n"), exits(0, 7)}) == 7);
  CHECK(run.printed() == "out\n");
  CHECK(run.complained() == "err\n");  // one rank's exit status needs no words
}

TEST_CASE("run: what comes twice is printed once, and what is missing is said") {
  Run run(false, {3});
  RunOutput again = out(0, "loworld\n");
  again.offset = 3;
  RunOutput late = out(0, "!\n");
  late.offset = 15;
  CHECK(run.with_exactly({out(0, "hello"), out(0, "hel"), again, late, exits(0, 0)}) == 1);
  CHECK(run.printed() == "helloworld\n!\n");
  CHECK(run.complained() == "nodectl: output of n3 is incomplete: 4 bytes are missing\n");
}

TEST_CASE("run: nodes get credit in portions, for what has been taken") {
  Run run(false, {3, 4});
  run.started.output_credit = 8;
  CHECK(run.with({out(0, "a"), out(0, "bc"), error(0, "d"), out(1, "efgh"), exits(0, 0), exits(1, 0)}) == 0);
  std::vector<std::pair<std::uint32_t, std::uint64_t>> credits;
  for (const auto& message : run.master.received)
    if (const auto* credit = std::get_if<transport::RunCredit>(&message))
      credits.emplace_back(credit->rank, credit->taken);
  CHECK(credits == std::vector<std::pair<std::uint32_t, std::uint64_t>>{{0, 3}, {1, 4}});
}

TEST_CASE("run: output can be taken by somebody else, errors are shown all the same") {
  struct Taker final : frontend::OutputTaker {
    std::string said;
    void begin(const std::vector<std::string>& names) override { said += "begin " + names.at(1) + "\n"; }
    void take(std::uint32_t rank, std::span<const std::byte> data) override {
      said += std::to_string(rank) + ": " + std::string(reinterpret_cast<const char*>(data.data()), data.size());
    }
    void end(std::uint32_t rank) override { said += "end " + std::to_string(rank) + "\n"; }
  } taker;
  Run run(true, {3, 4});
  run.view.take_output(taker);
  CHECK(run.with({out(1, "one\n"), error(0, "wrong\n"), exits(1, 0), exits(0, 0)}) == 0);
  CHECK(taker.said == "begin n4\n1: one\nend 1\nend 0\n");
  CHECK(run.printed().empty());
  CHECK(run.complained() == "n3: wrong\n");
}

TEST_CASE("run: a file of a node that cannot be made ends the run") {
  Run run(false, {3});
  run.started.names[0] = "../n3";
  const fakes::TemporaryDirectory folder;
  run.view.write_files(folder.path());
  CHECK(run.with({out(0, "three\n"), exits(0, 0)}) == 1);
  CHECK(run.complained() == "nodectl: node ../n3 has no name that a file could have\n");
}

TEST_CASE("run: unlabelled output is passed on byte by byte") {
  Run run(false, {0});
  const std::string binary("\0\xff\n\x1b no newline", 16);
  CHECK(run.with({out(0, binary), exits(0, 0)}) == 0);
  CHECK(run.printed() == binary);
}

TEST_CASE("run: labelled lines do not mix, and the last one gets its newline") {
  Run run(true, {0, 1});
  CHECK(run.with({out(0, "a"), out(1, "b\nc"), out(0, "a\n"), error(1, "e"), exits(0, 0), exits(1, 0)}) == 0);
  CHECK(run.printed() == "n1: b\nn0: aa\nn1: c\n");
  CHECK(run.complained() == "n1: e\n");
}

TEST_CASE("run: the highest exit status counts, and says whose it is") {
  Run run(false, {0, 1, 2, 5, 9});
  CHECK(run.with({exits(2, 7), exits(0, 0), exits(1, 7), exits(3, 1), exits(4, 7)}) == 7);
  CHECK(run.complained() == "nodectl: node 5: exit status 1\nnodectl: nodes 1-2,9: exit status 7\n");
}

TEST_CASE("run: a high exit status is no signal") {
  Run run(false, {0, 1});
  CHECK(run.with({exits(0, 200), exits(1, 0)}) == 200);
  CHECK(run.complained() == "nodectl: node 0: exit status 200\n");
}

TEST_CASE("run: deaths, failed starts and lost nodes are told, equal ones together") {
  Run run(false, {0, 1, 2, 3});
  RunEnd lost{.rank = 2, .started = true, .code = EHOSTDOWN, .reason = "node lost: silent for 20 s"};
  CHECK(run.with({dies(0, SIGKILL), fails(1, ENOEXEC, "for aarch64, the node is x86_64"),
                  fails(3, ENOEXEC, "for aarch64, the node is x86_64"), lost}) == 128 + SIGKILL);
  const std::string complaints = run.complained();
  CHECK(complaints.find("nodectl: node 0: killed by signal 9") != std::string::npos);
  CHECK(complaints.find("nodectl: nodes 1,3: for aarch64, the node is x86_64\n") != std::string::npos);
  CHECK(complaints.find("nodectl: node 2: node lost: silent for 20 s\n") != std::string::npos);
}

TEST_CASE("run: what each rank ends with, as a shell would have it") {
  CHECK(exit_status_of(exits(0, 0)) == 0);
  CHECK(exit_status_of(exits(0, 255)) == 255);
  CHECK(exit_status_of(dies(0, SIGSEGV)) == 139);
  CHECK(exit_status_of(dies(0, SIGSEGV | 0x80)) == 139);  // with a core
  CHECK(exit_status_of(fails(0, ENOENT, "x")) == 127);
  CHECK(exit_status_of(fails(0, EACCES, "x")) == 126);
  CHECK(exit_status_of(fails(0, ENOEXEC, "x")) == 126);
  CHECK(exit_status_of(fails(0, EHOSTDOWN, "x")) == 1);
  CHECK(exit_status_of(fails(0, 0, "x")) == 1);
  CHECK(exit_status_of({.started = true, .reason = "node lost"}) == 1);
}

TEST_CASE("run: what a hostile nodemaster says of ranks that do not exist does no harm") {
  Run run(true, {0});
  CHECK(run.with({out(77, "x\n"), exits(77, 3), exits(0, 0)}) == 3);
  CHECK(run.printed() == "rank 77: x\n");
}

TEST_CASE("run: signals go to the processes, and a second interrupt gives up") {
  Run run(false, {0});
  std::vector<int> seen;
  run.master.answer = [&](const transport::Message& message) {
    if (const auto* signal = std::get_if<transport::RunSignal>(&message)) seen.push_back(signal->signal);
    if (std::holds_alternative<transport::RunRequest>(message)) {
      run.master.send(run.started);
      run.loop.after(std::chrono::seconds(1), [&] { run.view.on_signal({SIGTERM}); });
      run.loop.after(std::chrono::seconds(2), [&] { run.view.on_signal({SIGINT}); });
      run.loop.after(std::chrono::seconds(3), [&] { run.view.on_signal({SIGINT}); });
    }
  };
  CHECK(run.view.run({}) == 128 + SIGINT);
  CHECK(seen == std::vector<int>{SIGTERM, SIGINT});
}

TEST_CASE("run: giving up does not wait for a reader that has stopped") {
  Run run(false, {0}, 1000);
  run.with({out(0, std::string(5000, 'x'))});
  CHECK_FALSE(run.output->empty());
  run.loop.defer([&] {
    run.view.on_signal({SIGINT});
    run.view.on_signal({SIGINT});
  });
  run.loop.run_until_idle();
  CHECK(run.output->empty());
  CHECK(run.printed().size() == 1000);
}

TEST_CASE("run: while a reader has stopped, nodes get no credit, and nothing is lost") {
  constexpr std::size_t pipe = 1000, piece = 64u << 10, pieces = 64;
  Run run(false, {0}, pipe);
  run.started.output_credit = piece;
  const auto credited = [&] {
    std::uint64_t most = 0;
    for (const auto& message : run.master.received)
      if (const auto* credit = std::get_if<transport::RunCredit>(&message)) most = credit->taken;
    return most;
  };
  const std::string block(piece, 'x');
  std::vector<transport::Message> story(pieces, out(0, block));
  story.push_back(exits(0, 0));
  run.with(story);
  CHECK(run.output->full());
  CHECK(credited() <= frontend::Output::high_water + pipe);

  std::size_t taken = 0;
  while (const std::size_t more = run.printed().size()) {
    taken += more;
    run.loop.run_until_idle();
  }
  CHECK(taken == piece * pieces);
}

TEST_CASE("run: a full standard error that breaks does not stop standard output") {
  Run run(false, {0}, 1000);
  const std::string block(64u << 10, 'x');
  std::vector<transport::Message> story(8, error(0, block));
  story.push_back(out(0, "the end"));
  story.push_back(exits(0, 0));
  run.with(story);
  run.error_reader.reset();
  run.loop.run_until_idle();
  CHECK(run.printed() == "the end");
}

TEST_CASE("labeller: lines are whole, however they come") {
  LineLabeller labeller("n3");
  CHECK(add(labeller, "he").empty());
  CHECK(add(labeller, "llo\nwor") == "n3: hello\n");
  CHECK(add(labeller, "ld\n\n") == "n3: world\nn3: \n");
  CHECK(labeller.finish().empty());
  CHECK(add(labeller, "rest").empty());
  CHECK(labeller.finish() == "n3: rest\n");
  CHECK(labeller.finish().empty());
}

TEST_CASE("labeller: a line without an end is let go in pieces") {
  LineLabeller labeller("n3");
  const std::string piece(1000, 'x');
  std::size_t lines = 0, held = 0;
  for (int i = 0; i < 100; ++i) {
    held += piece.size();
    const std::string text = add(labeller, piece);
    if (text.empty()) continue;
    ++lines;
    CHECK(text.size() == held + 5);  // "n3: " and the newline
    held = 0;
  }
  CHECK(lines == 100000 / (LineLabeller::line_limit + piece.size()));
}
