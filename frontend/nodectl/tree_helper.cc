#include "frontend/nodectl/tree_helper.h"

#include <array>
#include <cstdio>
#include <string_view>

#include "frontend/nodectl/exit_status.h"
#include "frontend/nodectl/tree_reader.h"
#include "frontend/nodectl/tree_writer.h"
#include "sys/environment.h"
#include "sys/inherited_stream.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::string_view receive_word = "--receive-tree";
constexpr std::string_view send_word = "--send-tree";
constexpr int fixed_arguments = 3;  // program, word, flags

std::string letters(CopyFlags flags) { return sys::cat("-", flags.recursive ? "r" : "", flags.preserve ? "p" : ""); }

CopyFlags read_letters(std::string_view text) {
  return {.recursive = text.find('r') != text.npos, .preserve = text.find('p') != text.npos};
}

void say(const std::string& what) { std::fputs(sys::cat(sys::printable(what, 4096), "\n").c_str(), stderr); }

int receive(CopyFlags flags, const std::string& destination) {
  sys::KernelFiles files;
  TreeWriter writer(files, destination, {.preserve = flags.preserve, .umask = sys::creation_mask()}, say);
  TreeDecoder decoder(writer);
  const auto input = sys::inherited_stream(0);
  std::array<std::byte, tree::piece_limit> data;
  while (!decoder.complete() && !writer.hopeless()) {
    const auto size = input->read(data);
    const auto taken = size ? decoder.add(std::span(data).first(*size)) : tl::unexpected(size.error());
    const bool cut_off = size && *size == 0;
    if (taken && !cut_off) continue;
    say(taken ? "the copy is incomplete: its sender is gone" : taken.error().text());
    return exit_failure;
  }
  return writer.failed() ? int{exit_failure} : 0;
}

sys::Status write_out(sys::Stream& output, std::span<const std::byte> data) {
  while (!data.empty()) {
    const auto written = output.write(data);
    if (!written) return tl::unexpected(written.error());
    data = data.subspan(*written);
  }
  return {};
}

int send(CopyFlags flags, std::vector<std::string> sources) {
  TreeReader reader(std::move(sources), sys::LinkTrust::of_root, flags.recursive, say);
  const auto output = sys::inherited_stream(1);
  std::array<std::byte, tree::piece_limit> data;
  while (const std::size_t size = reader.read(data)) {
    const auto written = write_out(*output, std::span(data).first(size));
    if (written) continue;
    say(written.error().text());
    return exit_failure;
  }
  return reader.failed() ? int{exit_failure} : 0;
}

}  // namespace

std::vector<std::string> receive_command(const std::string& program, CopyFlags flags, const std::string& destination) {
  return {program, std::string(receive_word), letters(flags), destination};
}

std::vector<std::string> send_command(const std::string& program, CopyFlags flags,
                                      const std::vector<std::string>& sources) {
  std::vector<std::string> command = {program, std::string(send_word), letters(flags)};
  command.insert(command.end(), sources.begin(), sources.end());
  return command;
}

bool is_tree_helper(int count, const char* const* arguments) {
  return count > fixed_arguments && (arguments[1] == receive_word || arguments[1] == send_word);
}

int run_tree_helper(int count, const char* const* arguments) {
  const CopyFlags flags = read_letters(arguments[2]);
  if (arguments[1] == receive_word) return receive(flags, arguments[fixed_arguments]);
  return send(flags, {arguments + fixed_arguments, arguments + count});
}

}  // namespace frontend
