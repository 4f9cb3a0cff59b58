// How the rest of nodemaster speaks to nodes and hears of them, without knowing connections.
#pragma once

#include <string>

#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

class NodeLinks {
 public:
  virtual ~NodeLinks() = default;
  // False when the node is not connected: on_lost() has told or will tell so.
  virtual bool send(transport::NodeNumber node, const transport::Message& message) = 0;
  // A message whose size somebody else decides. An error, and nothing is sent and the connection goes on: EHOSTDOWN, the
  // node is not connected; E2BIG, no message may be as large; EAGAIN, too much waits for the node already.
  virtual sys::Status try_send(transport::NodeNumber node, const transport::Message& message) = 0;
  // As send(), with a number that the node repeats in its answer: on_node_answer().
  virtual bool ask(transport::NodeNumber node, std::uint64_t request, const transport::Message& message) = 0;
  virtual bool send_bulk(transport::NodeNumber node, const transport::Message& message) = 0;
};

class NodeEvents {
 public:
  virtual ~NodeEvents() = default;
  // Its Hello is in the node table already.
  virtual void on_joined(transport::NodeNumber node) = 0;
  virtual void on_node_message(transport::NodeNumber node, transport::Message message) = 0;
  // Answers something that was asked with that number.
  virtual void on_node_answer(transport::NodeNumber node, std::uint64_t request, transport::Message message) = 0;
  // The bulk connection broke while the node stays: what was under way on it comes once more on the next one.
  virtual void on_bulk_lost(transport::NodeNumber node, const std::string& reason) = 0;
  virtual void on_lost(transport::NodeNumber node, const std::string& reason) = 0;
};

}  // namespace frontend
