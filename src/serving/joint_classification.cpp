#include "sma/serving/joint_classification.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <string>
#include <utility>

namespace sma::serving {
namespace {

namespace asio = boost::asio;

/// One model's part of the request.
struct member {
    member(classifier& c, admission a) : by(c), admitted(std::move(a)) {}

    classifier& by;
    admission admitted;
    decode_output decoded;
    result<classification> answer = error();
};

bool are_prepared_alike(model_instance const& a, model_instance const& b) {
    return a.engine->input() == b.engine->input() && a.preprocess == b.preprocess;
}

decode_output share(decode_output const& decoded) {
    decode_output other;
    other.images.reserve(decoded.images.size());
    for (auto const& image : decoded.images)
        other.images.push_back(image ? result<tensor_buffer>(image->share()) : image.error());
    other.sizes = decoded.sizes;
    other.decode_ms = decoded.decode_ms;
    return other;
}

/// Lives in the frame of classify_by_each(), which waits for all that it has started.
class joint_request {
public:
    joint_request(asio::any_io_executor executor, request_context context, std::vector<std::string_view> files,
                  wanted_features wanted)
        : executor_(std::move(executor)),
          context_(std::move(context)),
          files_(std::move(files)),
          wanted_(wanted),
          all_done_(executor_, steady_time::max()) {}

    result<void> admit(std::vector<classifier*> const& by) {
        members_.reserve(by.size());
        for (auto* const one : by) {
            auto admitted = one->admit(files_.size(), context_.deadline, wanted_);
            if (!admitted) return admitted.error();
            members_.emplace_back(*one, std::move(*admitted));
        }
        return {};
    }

    asio::awaitable<result<void>> decode() {
        for (std::size_t i = 0; i < members_.size(); ++i) {
            auto& own = members_[i];
            auto const* const alike = find_alike(i);
            if (alike != nullptr) {
                own.decoded = share(alike->decoded);
                continue;
            }
            auto files = files_;
            auto output = co_await own.by.decode(context_, own.admitted.model, std::move(files), image_content::file);
            if (!output) co_return output.error();
            own.decoded = std::move(*output);
        }
        co_return result<void>();
    }

    asio::awaitable<void> infer() {
        left_ = members_.size();
        for (auto& own : members_) asio::co_spawn(executor_, infer_one(own), asio::detached);
        while (left_ > 0) {  // what is refused at once has ended by now
            auto const [ended] = co_await all_done_.async_wait(asio::as_tuple(asio::use_awaitable));
            static_cast<void>(ended);
        }
    }

    /// All or none: what the client does not get, no observer sees.
    result<std::vector<classification>> take_answers() {
        for (auto const& own : members_)
            if (!own.answer) return own.answer.error();
        std::vector<classification> answers;
        answers.reserve(members_.size());
        for (auto& own : members_) {
            own.by.observe(context_, files_, *own.answer);
            answers.push_back(std::move(*own.answer));
        }
        return answers;
    }

    /// Of a request that has ended; `refused` where it did not come to passes.
    void count(result<void> const& refused, std::vector<classifier*> const& by, steady_time began) const {
        for (std::size_t i = 0; i < by.size(); ++i)
            refused ? by[i]->count(members_[i].answer, began) : by[i]->count(refused.error(), began);
    }

private:
    /// One before the `i`th whose tensors will do for it.
    member const* find_alike(std::size_t i) const {
        auto const& model = *members_[i].admitted.model;
        for (std::size_t earlier = 0; earlier < i; ++earlier)
            if (are_prepared_alike(*members_[earlier].admitted.model, model)) return &members_[earlier];
        return nullptr;
    }

    // A bug in one must not leave the others waiting.
    asio::awaitable<void> infer_one(member& own) {
        try {
            auto answer = co_await own.by.infer(context_, std::move(own.admitted), std::move(own.decoded), wanted_);
            own.answer = std::move(answer);
        } catch (std::exception const& e) {
            own.answer = error(errc::internal_error, std::string("classification failed: ") + e.what());
        }
        if (--left_ == 0) all_done_.cancel();
    }

    asio::any_io_executor const executor_;
    request_context const context_;
    std::vector<std::string_view> const files_;
    wanted_features const wanted_;
    std::vector<member> members_;
    asio::steady_timer all_done_;
    std::size_t left_ = 0;
};

}  // namespace

asio::awaitable<result<std::vector<classification>>> classify_by_each(std::vector<classifier*> by,
                                                                      request_context context,
                                                                      std::vector<std::string_view> files,
                                                                      wanted_features wanted) {
    auto const began = std::chrono::steady_clock::now();
    auto executor = co_await asio::this_coro::executor;
    joint_request request(std::move(executor), std::move(context), std::move(files), wanted);
    auto ready = request.admit(by);
    if (ready) {
        auto decoded = co_await request.decode();
        ready = std::move(decoded);
    }
    if (ready) co_await request.infer();
    request.count(ready, by, began);
    if (!ready) co_return ready.error();
    co_return request.take_answers();
}

}  // namespace sma::serving
