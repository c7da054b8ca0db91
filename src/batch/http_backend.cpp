#include "sma/batch/http_backend.hpp"

#include "sma/core/open_file.hpp"

#include "sma/core/correlation_id.hpp"

#include "reply_parsing.hpp"
#include "request_gate.hpp"
#include "sma/client/http_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <random>
#include <set>

namespace sma::batch {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

std::function<double()> random_numbers() {
    return [engine = std::mt19937_64(std::random_device{}())]() mutable {
        return std::uniform_real_distribution<>()(engine);
    };
}

std::string request_head(http_options const& o, std::string_view method, std::string const& target) {
    auto head = std::string(method) + " " + o.address.prefix + target + " HTTP/1.1\r\nHost: " + o.address.authority +
                "\r\nUser-Agent: simple-model-api-batch\r\nAccept: application/json\r\n";
    for (auto const& [name, value] : o.headers) head += name + ": " + value + "\r\n";
    return head;
}

}  // namespace

class http_backend::impl {
public:
    impl(asio::any_io_executor executor, file_threads& files, http_options options)
        : options_(std::move(options)),
          executor_(std::move(executor)),
          files_(files),
          gate_(executor_, options_.concurrency),
          back_off_(options_.waits, random_numbers()) {}

    asio::awaitable<result<void>> prepare();
    asio::awaitable<outcome> classify(std::string path);
    void stop();
    request_counts const& counts() const { return counts_; }
    int concurrency() const { return gate_.limit().current(); }

private:
    asio::awaitable<bool> attempt(outcome& done, std::optional<double>& retry_after_s);
    asio::awaitable<client::exchange> ask(std::string head, open_file* body);
    asio::awaitable<void> wait(unsigned retry, std::optional<double> retry_after_s);
    std::string predict_head(std::string const& correlation_id, std::uint64_t bytes) const;
    bool judge(client::exchange& answer, outcome& done, std::uint64_t epoch);
    bool judge_reply(client::http_reply const& reply, outcome& done, std::uint64_t epoch);
    void judge_loss(client::exchange const& answer, outcome& done);

    http_options const options_;
    asio::any_io_executor executor_;
    file_threads& files_;
    request_gate gate_;
    back_off back_off_;
    request_counts counts_;
    std::vector<std::unique_ptr<client::http_connection>> idle_;
    std::set<asio::steady_timer*> waits_;
    bool stopped_ = false;
};

asio::awaitable<result<void>> http_backend::impl::prepare() {
    std::string problem;
    for (unsigned retry = 0; !stopped_; ++retry) {
        auto head = request_head(options_, "GET", "/health") + "\r\n";
        auto const answer = co_await ask(std::move(head), nullptr);
        bool const answered = answer.is == client::exchange::kind::answered;
        if (answered && answer.reply.status != 503) co_return result<void>();
        problem = answered ? "is not ready (its /health says 503)" : "cannot be reached: " + answer.message;
        if (retry == options_.retries) break;
        co_await wait(retry, answer.reply.retry_after_s);
    }
    co_return error(errc::model_not_loaded, "the server at " + options_.address.shown + " " + problem);
}

asio::awaitable<outcome> http_backend::impl::classify(std::string path) {
    outcome done;
    done.what.path = std::move(path);
    for (unsigned retry = 0;; ++retry) {
        bool const entered = co_await gate_.enter();
        if (!entered) break;
        std::optional<double> retry_after_s;
        bool const finished = co_await attempt(done, retry_after_s);
        gate_.leave();
        if (finished) co_return done;
        if (retry == options_.retries) {
            // An unreachable server is no property of the file.
            if (!done.reason.empty()) done.is = outcome::kind::hopeless;
            co_return done;
        }
        if (stopped_) break;
        co_await wait(retry, retry_after_s);
    }
    done.is = outcome::kind::abandoned;
    co_return done;
}

// One request for the file; false if it is worth another. `done` then holds what to say if there is none.
asio::awaitable<bool> http_backend::impl::attempt(outcome& done, std::optional<double>& retry_after_s) {
    done.what.correlation_id = make_correlation_id();
    done.what.failed.reset();
    done.reason.clear();
    auto const epoch = gate_.limit().epoch();
    auto const begin = steady_clock::now();
    std::function<result<open_file>()> open = [&done] { return open_regular_file(done.what.path); };
    auto file = co_await files_.async_run<result<open_file>>(std::move(open), asio::use_awaitable);
    bool finished = true;
    if (file) {
        auto head = predict_head(done.what.correlation_id, file->bytes());
        auto answer = co_await ask(std::move(head), &*file);
        if (answer.is == client::exchange::kind::stale) answer.is = client::exchange::kind::lost;
        retry_after_s = answer.reply.retry_after_s;
        finished = judge(answer, done, epoch);
    } else {
        done.what.failed.emplace(std::string(error_name(file.error().code)), file.error().message);
    }
    done.what.ms = std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count();
    co_return finished;
}

// On a connection that is kept, or a new one. A kept one that turns out to be closed costs nothing but a new one.
asio::awaitable<client::exchange> http_backend::impl::ask(std::string head, open_file* body) {
    ++counts_.attempts;
    client::exchange answer;
    do {
        std::unique_ptr<client::http_connection> connection;
        if (idle_.empty()) {
            connection = std::make_unique<client::http_connection>(executor_, options_.address, files_);
        } else {
            connection = std::move(idle_.back());
            idle_.pop_back();
        }
        if (body != nullptr) body->rewind();
        answer = co_await connection->ask(head, body, options_.timeout);
        if (connection->is_open()) idle_.push_back(std::move(connection));
    } while (answer.is == client::exchange::kind::stale);
    co_return answer;
}

asio::awaitable<void> http_backend::impl::wait(unsigned retry, std::optional<double> retry_after_s) {
    if (stopped_) co_return;
    asio::steady_timer timer(executor_, back_off_.delay(retry, retry_after_s));
    waits_.insert(&timer);
    [[maybe_unused]] auto const [ignored] = co_await timer.async_wait(token);
    waits_.erase(&timer);
}

std::string http_backend::impl::predict_head(std::string const& correlation_id, std::uint64_t bytes) const {
    std::string const query = options_.top_k ? "?top_k=" + std::to_string(*options_.top_k) : "";
    return request_head(options_, "POST", "/predict" + query) + "X-Correlation-ID: " + correlation_id +
           "\r\nContent-Type: application/octet-stream\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n";
}

bool http_backend::impl::judge(client::exchange& answer, outcome& done, std::uint64_t epoch) {
    if (answer.is == client::exchange::kind::answered) return judge_reply(answer.reply, done, epoch);
    if (answer.is == client::exchange::kind::file_failed) {
        done.what.failed.emplace(std::string(error_name(errc::io_error)), answer.message);
        return true;
    }
    judge_loss(answer, done);
    return false;
}

bool http_backend::impl::judge_reply(client::http_reply const& reply, outcome& done, std::uint64_t epoch) {
    if (!reply.correlation_id.empty()) done.what.correlation_id = reply.correlation_id;
    read_reply(reply, done.what);
    auto const kind = kind_of_status(reply.status);
    if (kind == reply_kind::refused) {
        ++counts_.refused;
        gate_.refused(epoch);
        return false;
    }
    gate_.accepted();
    if (kind == reply_kind::hopeless) {
        done.is = outcome::kind::hopeless;
        done.reason =
            options_.address.shown + " answers " + std::to_string(reply.status) + ": " + done.what.failed->message;
    }
    return true;
}

void http_backend::impl::judge_loss(client::exchange const& answer, outcome& done) {
    ++counts_.lost;
    if (answer.is == client::exchange::kind::timed_out) {
        auto const seconds = std::to_string(options_.timeout.count() / 1000);
        done.what.failed.emplace("TIMEOUT", "no response within " + seconds + " s (--timeout-s)");
        return;
    }
    done.what.failed.emplace("CONNECTION_LOST", "the connection was lost: " + answer.message);
    if (answer.is == client::exchange::kind::unreachable)
        done.reason = options_.address.shown + " can no longer be reached: " + answer.message;
}

void http_backend::impl::stop() {
    stopped_ = true;
    gate_.close();
    for (auto* timer : waits_) timer->cancel();
}

http_backend::http_backend(asio::any_io_executor executor, file_threads& files, http_options options)
    : impl_(std::make_unique<impl>(std::move(executor), files, std::move(options))) {}

http_backend::~http_backend() = default;

asio::awaitable<result<void>> http_backend::prepare() { return impl_->prepare(); }
asio::awaitable<outcome> http_backend::classify(std::string path) { return impl_->classify(std::move(path)); }
void http_backend::stop() { impl_->stop(); }
request_counts http_backend::counts() const { return impl_->counts(); }
int http_backend::concurrency() const { return impl_->concurrency(); }

}  // namespace sma::batch
