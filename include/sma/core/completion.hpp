// Completion handler that a worker thread calls once; it runs on the executor of the waiting coroutine.
//
//   template <class Token> auto async_x(args, Token&& token) {
//       return asio::async_initiate<Token, void(T)>([](auto handler, ...) {
//           start(..., std::make_unique<completion<T>>(std::move(handler)));
//       }, token, ...);
//   }
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/prefer.hpp>

#include <utility>

namespace sma {

/// Owned by whoever holds the work item, through unique_ptr (Boost 1.81's any_completion_handler must not be
/// move-assigned). `complete` may be called on any thread, exactly once; the handler then runs on its own executor,
/// which is kept from running out of work until then. T must be movable.
template <class T>
class completion {
public:
    template <class Handler>
    explicit completion(Handler&& handler)
        : executor_(boost::asio::prefer(boost::asio::any_io_executor(boost::asio::get_associated_executor(handler)),
                                        boost::asio::execution::outstanding_work.tracked)),
          handler_(std::forward<Handler>(handler)) {}
    completion(completion const&) = delete;
    completion& operator=(completion const&) = delete;

    void complete(T value) {
        auto executor = std::move(executor_);
        boost::asio::dispatch(executor, boost::asio::append(std::move(handler_), std::move(value)));
    }

private:
    boost::asio::any_io_executor executor_;
    boost::asio::any_completion_handler<void(T)> handler_;
};

}  // namespace sma
