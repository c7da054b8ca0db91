// Completion token of an asynchronous operation whose error is an expected outcome.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sma {

/// co_await gives a tuple that begins with the error code, and throws nothing.
inline constexpr auto await_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace sma
