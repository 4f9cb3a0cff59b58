// What nodemaster counts, for whoever watches it: one row of a table for each counter (counters.cc), so that nothing from
// outside ever becomes a name or a label. `nodectl metrics` shows them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace frontend {

enum class Counter : std::uint8_t {
  // Connections that were to become a node's.
  handshake_malformed,
  handshake_version,
  handshake_protection,
  handshake_wrong_front_end_key,
  handshake_wrong_cluster_key,
  handshake_not_authentic,
  handshake_replayed,
  handshake_timeout,
  handshake_abandoned,
  record_not_authentic,
  greeting_timeout,
  message_refused,
  too_many_from_address,
  shut_out,
  evicted,
  unknown_mac,
  number_taken,
  joins_too_often,
  // Requests and connections on the control socket.
  control_permission,
  control_busy,
  control_malformed,
  control_idle,
  control_not_reading,
  control_unanswerable,
  // Programs of node_up.d and node_down.d that failed.
  hook_up_failed,
  hook_down_failed,
  count_
};

struct CounterRow {
  Counter counter;
  std::string_view name;   // Prometheus: "nodemaster_refused_connections_total"
  std::string_view label;  // value of the label "reason", or of `label_name`
  std::string_view help;   // of the name
  std::string_view label_name = "reason";
};

std::span<const CounterRow> counter_table();  // in the order of Counter

class Counters {
 public:
  void add(Counter counter) { ++values_.at(static_cast<std::size_t>(counter)); }
  std::uint64_t value(Counter counter) const { return values_.at(static_cast<std::size_t>(counter)); }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Counter::count_)> values_{};
};

}  // namespace frontend
