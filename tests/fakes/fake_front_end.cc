#include "tests/fakes/fake_front_end.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "transport/codec.h"
#include "transport/frame.h"

namespace fakes {

using transport::FrameHeader;

FakeFrontEnd::FakeFrontEnd(FakeLoop& loop, FakeSockets& sockets) : loop_(loop), sockets_(sockets) {
  welcome = {.node = 3, .name = "n3", .bulk_token = 77, .ping_interval_ms = 5000, .silence_limit_ms = 20000};
  on_hello = [this](const transport::Hello&) { return welcome; };
}

bool FakeFrontEnd::open() {
  auto listener = sockets_.listen_tcp(address, 0);
  if (listener) listener_ = std::move(*listener);
  return listener_ != nullptr;
}

void FakeFrontEnd::close() {
  listener_.reset();
  peers_.clear();
}

void FakeFrontEnd::work() {
  for (bool busy = true; busy;) {
    loop_.run_until_idle();
    busy = accept();
    for (Peer& peer : peers_)
      busy = read(peer) || busy;
    std::erase_if(peers_, [](const Peer& peer) {
      return !peer.stream || (peer.stream->peer_closed() && peer.stream->waiting() == 0);
    });
  }
}

void FakeFrontEnd::work_for(sys::Duration time) {
  constexpr sys::Duration step = std::chrono::milliseconds(100);
  work();
  for (sys::Duration passed{}; passed < time; passed += step) {
    loop_.advance(step);
    work();
  }
}

bool FakeFrontEnd::accept() {
  if (!listener_) return false;
  auto accepted = listener_->accept();
  if (!accepted) return false;
  ++connections;
  const auto random = [](std::span<std::uint8_t> bytes) -> sys::Status {
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{7});
    return {};
  };
  peers_.push_back({.stream = std::unique_ptr<FakeStream>(static_cast<FakeStream*>(accepted->stream.release())),
                    .channel = transport::make_front_end_channel(keys, guard_, random)});
  return true;
}

bool FakeFrontEnd::read(Peer& peer) {
  const std::vector<std::byte> bytes = peer.stream->take();
  transport::Bytes wire;
  const bool good = peer.channel->receive(bytes, peer.input, wire).has_value();
  if (!wire.empty()) peer.stream->put({reinterpret_cast<const char*>(wire.data()), wire.size()});
  if (!good) {
    peer.stream.reset();
    return true;
  }
  while (true) {
    const auto header = transport::read_header(peer.input, transport::max_body).value();
    if (!header || peer.input.size() < FrameHeader::size + header->body_size) return !bytes.empty();
    const auto body = std::span(peer.input).subspan(FrameHeader::size, header->body_size);
    transport::Message message = transport::decode(header->number, body).value();
    peer.input.erase(peer.input.begin(),
                     peer.input.begin() + static_cast<std::ptrdiff_t>(FrameHeader::size + header->body_size));
    on_message(peer, std::move(message));
  }
}

void FakeFrontEnd::on_message(Peer& peer, transport::Message message) {
  if (std::holds_alternative<transport::BulkHello>(message)) peer.bulk = true;
  if (const auto* hello = std::get_if<transport::Hello>(&message)) send_to(&peer, on_hello(*hello));
  received.push_back(std::move(message));
}

FakeFrontEnd::Peer* FakeFrontEnd::newest(bool bulk) {
  const auto found = std::find_if(peers_.rbegin(), peers_.rend(), [&](const Peer& peer) { return peer.bulk == bulk; });
  return found == peers_.rend() ? nullptr : &*found;
}

void FakeFrontEnd::send_to(Peer* peer, const transport::Message& message) {
  if (peer == nullptr) throw std::logic_error("the node has no such connection");
  transport::Bytes frame;
  if (const auto status = transport::append_frame(message, 0, frame); !status)
    throw std::logic_error(status.error().what);
  put_to(*peer, frame);
}

void FakeFrontEnd::send(const transport::Message& message) { send_to(newest(false), message); }

void FakeFrontEnd::send_bulk(const transport::Message& message) { send_to(newest(true), message); }

bool FakeFrontEnd::has(bool bulk) const {
  return std::any_of(peers_.begin(), peers_.end(), [bulk](const Peer& peer) { return peer.bulk == bulk; });
}

void FakeFrontEnd::put(std::string_view bytes) { put_on(false, bytes); }

void FakeFrontEnd::put_bulk(std::string_view bytes) { put_on(true, bytes); }

void FakeFrontEnd::put_on(bool bulk, std::string_view bytes) {
  Peer* peer = newest(bulk);
  if (peer == nullptr) throw std::logic_error("the node has no such connection");
  put_to(*peer, std::as_bytes(std::span(bytes)));
}

void FakeFrontEnd::put_to(Peer& peer, std::span<const std::byte> bytes) {
  transport::Bytes wire;
  peer.channel->seal(bytes, wire);
  peer.stream->put({reinterpret_cast<const char*>(wire.data()), wire.size()});
}

void FakeFrontEnd::drop(bool bulk) {
  std::erase_if(peers_, [bulk](const Peer& peer) { return peer.bulk == bulk; });
}

void FakeFrontEnd::drop_control() { drop(false); }
void FakeFrontEnd::drop_bulk() { drop(true); }

}  // namespace fakes
