#include "sma/core/completion.hpp"

#include "sma/core/error.hpp"

#include "catch_result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <string>
#include <thread>

using namespace sma;

namespace {

using answer = result<std::string>;

template <class Token>
auto async_answer(std::thread& worker, std::string text, Token&& token) {
    return boost::asio::async_initiate<Token, void(answer)>(
        [&worker](auto handler, std::string t) {
            auto done = std::make_unique<completion<answer>>(std::move(handler));
            worker = std::thread([d = std::move(done), t]() mutable { d->complete(answer(std::move(t))); });
        },
        token, std::move(text));
}

boost::asio::awaitable<void> ask(std::thread& worker, std::string& out, std::thread::id& resumed_on) {
    std::string text(100, 'x');
    auto got = co_await async_answer(worker, std::move(text), boost::asio::use_awaitable);
    resumed_on = std::this_thread::get_id();
    out = *got;
}

}  // namespace

TEST_CASE("a worker's answer resumes the coroutine on its own thread, and keeps the context alive until then") {
    boost::asio::io_context io;
    std::thread worker;
    std::string out;
    std::thread::id resumed_on;
    boost::asio::co_spawn(io, ask(worker, out, resumed_on), boost::asio::detached);
    io.run();  // returns only once the answer is there
    worker.join();
    CHECK(out == std::string(100, 'x'));
    CHECK(resumed_on == std::this_thread::get_id());
}
