// The stream of files between two nodectls (nodectl cp), one of them on a node that may be hostile.
//
// Input: one byte (how many sizes there are, 0 to 7; 8: the destination is no directory; 16: times and modes are kept),
// then the sizes of the pieces that the stream is cut into, then the stream. What has to hold: it says the same however it
// is cut, and entries are well nested; what it has said, written again, says the same; no claim in it costs more than its
// bytes justify; and outside of the destination nothing is made, changed or removed, whatever links it brings and
// whatever links somebody on this machine has put into its way.
#include <vector>

#include "frontend/nodectl/tree_format.h"
#include "frontend/nodectl/tree_writer.h"
#include "sys/text.h"
#include "tests/fakes/fake_files.h"
#include "tests/fuzz/allocation.h"
#include "tests/fuzz/fuzz.h"

namespace {

using frontend::TreeDecoder;
using frontend::TreeEntry;
using frontend::TreeSink;
using fuzz::require;
using Pieces = std::span<const std::byte>;
namespace tree = frontend::tree;

constexpr std::size_t held_back = 8192;  // bytes of an entry that has not come whole, at most

// The decoder's queue may double what it holds; names and targets are copied once or twice.
std::size_t justified(std::size_t stream) { return 64 * stream + 16384; }

struct Nobody final : TreeSink {
  void begin(std::uint32_t) override {}
  void directory(const TreeEntry&) override {}
  void up() override {}
  void file(const TreeEntry&) override {}
  void piece(std::span<const std::byte>) override {}
  void file_end(bool) override {}
  void link(const TreeEntry&, const std::string&) override {}
};

// Writes down what it is told, pieces that follow one another as one, and looks that it may be told so.
struct Witness final : TreeSink {
  transport::Bytes said;
  transport::Bytes content;  // of the file that is under way
  std::size_t depth = 0;
  bool begun = false;
  bool in_file = false;

  static void check_name(const TreeEntry& entry) {
    require(!entry.name.empty() && entry.name.size() <= tree::name_limit && entry.name != "." && entry.name != ".." &&
                entry.name.find('/') == std::string::npos && entry.name.find('\0') == std::string::npos,
            "a name is one component");
  }
  void check_entry() const { require(begun && !in_file, "an entry is told where one may be"); }

  void begin(std::uint32_t sources) override {
    require(!begun, "a stream begins once");
    begun = true;
    tree::begin(sources, said);
  }
  void directory(const TreeEntry& entry) override {
    check_entry();
    check_name(entry);
    ++depth;
    tree::directory(entry, said);
  }
  void up() override {
    check_entry();
    require(depth-- > 0, "nothing goes up from the top");
    tree::up(said);
  }
  void file(const TreeEntry& entry) override {
    check_entry();
    check_name(entry);
    in_file = true;
    content.clear();
    tree::file(entry, said);
  }
  void piece(std::span<const std::byte> data) override {
    require(in_file && !data.empty() && data.size() <= tree::piece_limit, "a piece is a file's, and not too long");
    content.insert(content.end(), data.begin(), data.end());
  }
  void file_end(bool whole) override {
    require(in_file, "a file ends that has begun");
    in_file = false;
    if (!content.empty()) tree::piece(content, said);
    tree::file_end(whole, said);
  }
  void link(const TreeEntry& entry, const std::string& target) override {
    check_entry();
    check_name(entry);
    require(target.size() <= tree::target_limit, "a target is not too long");
    tree::link(entry, target, said);
  }
};

// Whether it was taken; after a refusal nothing more is.
bool decode(Pieces stream, Pieces sizes, TreeSink& sink, bool& complete) {
  TreeDecoder decoder(sink);
  bool taken = true;
  fuzz::in_pieces(stream, sizes, [&](Pieces piece) {
    const auto status = decoder.add(piece);
    require(taken || !status, "nothing is taken after a refusal");
    require(status || !status.error().text().empty(), "a refusal has a reason");
    taken = taken && status.has_value();
  });
  complete = decoder.complete();
  return taken;
}

void check_cost(Pieces stream, Pieces sizes) {
  Nobody nobody;
  bool complete = false;
  const fuzz::Allocations allocations;
  decode(stream, sizes, nobody, complete);
  require(allocations.total() <= justified(stream.size()) + sizes.size() * held_back,
          "a stream costs what its bytes justify");
}

void check_words(Pieces stream, Pieces sizes) {
  Witness whole;
  Witness cut;
  bool complete = false;
  bool complete_cut = false;
  const bool taken = decode(stream, {}, whole, complete);
  require(decode(stream, sizes, cut, complete_cut) == taken, "a stream is judged the same however it is cut");
  require(complete == complete_cut, "a stream ends where it ends");
  require(whole.said == cut.said && whole.content == cut.content, "a stream says the same however it is cut");
  if (!taken || !complete) return;
  require(whole.depth == 0 && !whole.in_file, "a complete stream leaves nothing open");
  tree::end(whole.said);
  Witness again;
  require(decode(whole.said, {}, again, complete) && complete, "what was said can be said again");
  tree::end(again.said);
  require(again.said == whole.said, "what was said is said again");
}

// A disk with a destination, and places beside it that are nobody's business.
class Disk {
 public:
  Disk() {
    files_.put("/outside/secret", "as it was", 0600);
    files_.put("/there/old", "old");
    files_.put_directory("/there/d");
    files_.put_link("/there/p", "/outside", 1000);
    files_.put_link("/there/d/q", "/outside/secret", 1000);
    files_.put_link("/there/r", "/outside");
    outside_ = picture();
  }

  void write(Pieces stream, Pieces sizes, const std::string& destination, bool preserve) {
    frontend::TreeWriter writer(files_, destination, {.preserve = preserve}, [](const std::string& complaint) {
      require(!complaint.empty(), "a complaint has words");
    });
    bool complete = false;
    decode(stream, sizes, writer, complete);
    require(picture() == outside_, "nothing changes outside of the destination");
  }

 private:
  // What is there, but for the destination.
  std::string picture() {
    std::string text;
    look("/", text);
    return text;
  }
  void look(const std::string& folder, std::string& text) {
    const auto names = files_.list(folder);
    require(names.has_value(), "a directory stays one");
    for (const std::string& name : *names) {
      if (folder == "/" && name == "there") continue;
      const std::string path = folder == "/" ? sys::cat("/", name) : sys::cat(folder, "/", name);
      const auto facts = files_.facts(path);
      require(facts && *facts, "what is listed is there");
      const sys::FileFacts& is = **facts;
      text += sys::cat(path, " ", static_cast<int>(is.kind), " ", is.uid, " ", is.mode, " ", is.changed_ns, " ",
                       files_.content(path), "\n");
      if (is.kind == sys::FileKind::directory) look(path, text);
    }
  }

  fakes::Faults faults_;
  fakes::FakeFiles files_{faults_};
  std::string outside_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint8_t choice = input.byte();
  const Pieces sizes = input.take(choice & 7);
  const Pieces stream = input.rest();
  check_cost(stream, sizes);
  check_words(stream, sizes);
  Disk().write(stream, sizes, (choice & 8) != 0 ? "/there/new" : "/there", (choice & 16) != 0);
  return 0;
}
