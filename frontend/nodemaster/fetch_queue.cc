#include "frontend/nodemaster/fetch_queue.h"

#include "sys/text.h"

namespace frontend {

sys::Status FetchQueue::add(const transport::Fetch& fetch) {
  if (waiting_.size() == max_waiting)
    return sys::refusal(sys::cat("more than ", max_waiting, " Fetch messages at once"));
  waiting_.push_back(fetch);
  serve();
  return {};
}

void FetchQueue::serve() {
  while (!waiting_.empty() && !bulk_.congested()) {
    bulk_.send(store_.read(node_, waiting_.front()));
    waiting_.pop_front();
  }
}

}  // namespace frontend
