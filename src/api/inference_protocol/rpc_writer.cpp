#include "rpc_writer.hpp"

namespace sma::api::inference_protocol {
namespace asio = boost::asio;

asio::awaitable<bool> rpc_writer::write(rpc_call& call, rpc_answer const& answer) const {
    rpc_operation writing(io_);
    call.write(answer, writing.completion());
    auto const done = co_await end_of(writing, call);
    co_return done;
}

asio::awaitable<bool> rpc_writer::finish(rpc_call& call, rpc_outcome const& outcome) const {
    rpc_operation writing(io_);
    auto const* const answer = outcome.answer ? &*outcome.answer : nullptr;
    call.finish(status_of(outcome), answer, writing.completion());
    auto const done = co_await end_of(writing, call);
    co_return done;
}

asio::awaitable<bool> rpc_writer::end_of(rpc_operation& writing, rpc_call& call) const {
    auto const in_time = co_await writing.wait(std::chrono::steady_clock::now() + timeout_);
    if (!in_time) {
        call.cancel();
        co_await writing.wait(steady_time::max());
    }
    co_return writing.succeeded();
}

}  // namespace sma::api::inference_protocol
