// Thread pool for reading files, because the I/O thread must never wait for a disk.
#pragma once

#include "sma/core/completion.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace sma {

/// A few threads for blocking calls. The destructor waits for those in progress. Submit from any thread.
class file_threads {
public:
    explicit file_threads(int threads) : pool_(static_cast<std::size_t>(threads)) {}
    ~file_threads() { pool_.join(); }

    /// Runs `work`, which must not throw, and completes with void(T) on the handler's executor.
    template <class T, class CompletionToken>
    auto async_run(std::function<T()> work, CompletionToken&& token) {
        return boost::asio::async_initiate<CompletionToken, void(T)>(
            [this](auto handler, std::function<T()> w) {
                auto done = std::make_unique<completion<T>>(std::move(handler));
                boost::asio::post(pool_, [w = std::move(w), done = std::move(done)] { done->complete(w()); });
            },
            token, std::move(work));
    }

private:
    boost::asio::thread_pool pool_;
};

}  // namespace sma
