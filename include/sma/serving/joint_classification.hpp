// Classification of one request's images by several models, which decodes once for those that pre-process alike.
#pragma once

#include "sma/serving/classifier.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>
#include <vector>

namespace sma::serving {

/// Each of `by` gives one classification, in their order: its model's. All of them have the request's places in their
/// queues before anything is decoded, and run at the same time, as far as engine_turns lets them. `files` (encoded)
/// must stay valid until it returns; the coroutine runs on one thread. Errors: that of the first of `by` which has one;
/// then the others' answers are dropped.
boost::asio::awaitable<result<std::vector<classification>>> classify_by_each(std::vector<classifier*> by,
                                                                             request_context context,
                                                                             std::vector<std::string_view> files,
                                                                             wanted_features wanted);

}  // namespace sma::serving
