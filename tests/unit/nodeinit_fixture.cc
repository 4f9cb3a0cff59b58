#include "tests/unit/nodeinit_fixture.h"

#include <map>

#include "network/rarp.h"
#include "sys/text.h"

TestMachine::TestMachine() {
  for (const char* directory : {"/etc", "/proc/1", "/proc/self", "/sys", "/dev", "/lib/modules"})
    files.put_directory(directory);
  files.put("/init", "the program");
  files.put("/proc/cmdline", "console=ttyS0");
  files.put("/dev/urandom", "");
  files.put("/dev/kmsg", "");
  files.set_filesystem("/proc", 2);
  files.set_filesystem("/dev", 3);
  mounts.set_kind("/", sys::FilesystemKind::memory);
  links.add_loopback();
  links.add_ethernet("eth0");
}

node::System TestMachine::system() {
  return {loop,
          files,
          mounts,
          machine,
          shutdown,
          links,
          interfaces,
          hardware_clock,
          packets,
          sockets,
          children,
          workers,
          spawner,
          cgroups,
          [this]() -> sys::Result<std::unique_ptr<sys::Stream>> {
            if (auto status = faults.check("open the console"); !status) return tl::unexpected(status.error());
            auto [near, far] = fakes::FakeStream::pair(loop, faults);
            console = std::move(far);
            return std::move(near);
          }};
}

void TestMachine::boot(std::vector<std::string> arguments) {
  // As an image that was built for tests: what pins a key does not need it.
  if (!files.exists("/etc/nodeinit/front-end.pub")) arguments.insert(arguments.begin(), "insecure=true");
  life.arguments = std::move(arguments);
  life.in_container = machine.container;
  life.proc = node::mount_proc(files, mounts);
  sinks.emplace(loop, files, log, life.birth);
  node.emplace(system(), *sinks, life);
  node->start();
}

void TestMachine::boot_and_join() {
  serve_rarp();
  front_end.open();
  boot();
  front_end.work_for(std::chrono::seconds(1));
}

void TestMachine::serve_rarp() {
  packets.on_send = [this](const fakes::SentPacket& sent) {
    const auto request = network::decode_rarp(sent.payload);
    if (!request || request->operation != network::RarpOperation::request) return;
    constexpr sys::Mac server = {0x52, 0x54, 0, 9, 0xfe, 1};
    const auto reply = network::encode({.operation = network::RarpOperation::reply,
                                        .sender_mac = server,
                                        .sender_ip = fakes::FakeFrontEnd::address.ip,
                                        .target_mac = request->target_mac,
                                        .target_ip = 0x0a090103});
    packets.deliver(sent.link, server, reply);
  };
}

std::string TestMachine::console_text() {
  if (!console) return shown;
  for (const std::byte byte : console->take())
    shown += static_cast<char>(byte);
  return shown;
}

bool TestMachine::logged(std::string_view text) const {
  sys::LogLine line;
  for (std::uint64_t sequence = log.first(); sequence != 0 && log.read(sequence, line); sequence = line.sequence + 1) {
    if (line.text.find(text) != std::string_view::npos) return true;
  }
  return false;
}

std::vector<std::string> TestMachine::record() const {
  constexpr const char* outcomes[] = {"running", "done", "failed", "ignored", "skipped"};
  std::map<std::size_t, std::string> lines;
  for (const auto& message : front_end.all<transport::BootRecord>()) {
    std::size_t index = message.first;
    for (const transport::BootEntry& entry : message.entries) {
      lines[index++] = sys::cat(entry.name, " ", outcomes[static_cast<int>(entry.outcome)],
                                entry.reason.empty() ? "" : " ", entry.reason);
    }
  }
  std::vector<std::string> all;
  for (auto& [index, line] : lines)
    all.push_back(std::move(line));
  return all;
}
