// Writer of a remote procedure call's answers and of its end, each within a limit of time.
#pragma once

#include "rpc_operation.hpp"
#include "rpc_outcome.hpp"
#include "sma/api/inference_protocol/rpc.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>

namespace sma::api::inference_protocol {

/// A client that does not read has its call cancelled. I/O thread; the io_context must outlive it.
class rpc_writer {
public:
    rpc_writer(boost::asio::io_context& io, std::chrono::milliseconds timeout) : io_(io), timeout_(timeout) {}

    /// False if the client does not have it.
    boost::asio::awaitable<bool> write(rpc_call& call, rpc_answer const& answer) const;
    boost::asio::awaitable<bool> finish(rpc_call& call, rpc_outcome const& outcome) const;

private:
    boost::asio::awaitable<bool> end_of(rpc_operation& writing, rpc_call& call) const;

    boost::asio::io_context& io_;
    std::chrono::milliseconds timeout_;
};

}  // namespace sma::api::inference_protocol
