// A front end in memory for one node: takes its connections, decodes what it sends, and answers as the test says.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/fake_loop.h"
#include "tests/fakes/fake_sockets.h"
#include "transport/messages.h"
#include "transport/secure_channel.h"

namespace fakes {

class FakeFrontEnd {
 public:
  static constexpr sys::TcpAddress address = {0x0a090001, transport::default_port};  // 10.9.0.1:2223

  FakeFrontEnd(FakeLoop& loop, FakeSockets& sockets);

  // Until then connections are refused. Fails only when the test's Faults say so.
  bool open();
  void close();  // stops listening and breaks every connection
  // Lets the node and the front end work until neither has anything left to do.
  void work();
  // The same, with time passing in small steps: the front end answers meanwhile.
  void work_for(sys::Duration time);

  void send(const transport::Message& message);       // on the newest control connection
  void send_bulk(const transport::Message& message);  // on the newest bulk connection
  void put(std::string_view bytes);                   // no frames, on the newest control connection
  void put_bulk(std::string_view bytes);              // the same on the newest bulk connection
  bool has(bool bulk) const;                          // whether there is such a connection to send on
  void drop_control();
  void drop_bulk();

  // What the front end answers to a Hello; by default the Welcome below. Pings are the test's to send.
  std::function<transport::Message(const transport::Hello&)> on_hello;
  transport::Welcome welcome;
  transport::FrontEndKeys keys;  // by default none: in the clear

  // All messages of one kind that have come, on whatever connection.
  template <class T> std::vector<T> all() const {
    std::vector<T> found;
    for (const transport::Message& message : received) {
      if (const T* one = std::get_if<T>(&message)) found.push_back(*one);
    }
    return found;
  }
  std::vector<transport::Message> received;
  int connections = 0;  // ever taken

 private:
  struct Peer {
    std::unique_ptr<FakeStream> stream;
    std::unique_ptr<transport::Channel> channel;
    transport::Bytes input;
    bool bulk = false;
  };

  bool accept();
  bool read(Peer& peer);
  void on_message(Peer& peer, transport::Message message);
  Peer* newest(bool bulk);
  void put_on(bool bulk, std::string_view bytes);
  void drop(bool bulk);
  static void put_to(Peer& peer, std::span<const std::byte> bytes);
  static void send_to(Peer* peer, const transport::Message& message);

  FakeLoop& loop_;
  FakeSockets& sockets_;
  transport::ReplayGuard guard_;
  std::unique_ptr<sys::Listener> listener_;
  std::vector<Peer> peers_;
};

}  // namespace fakes
