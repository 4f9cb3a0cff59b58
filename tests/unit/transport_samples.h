// One message of every kind with all of its fields filled, and frames of them.
#pragma once

#include <vector>

#include "transport/messages.h"

namespace samples {

std::vector<transport::Message> one_of_each();
transport::Setup setup_with_every_step();
transport::Launch launch();

transport::Bytes body_of(const transport::Message& message);
transport::Bytes frame_of(const transport::Message& message, std::uint64_t request = 0);
transport::Bytes bytes_of(std::string_view text);

}  // namespace samples
