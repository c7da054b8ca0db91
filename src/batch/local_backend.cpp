#include "sma/batch/local_backend.hpp"
#include "sma/serving/l2_norm.hpp"
#include "sma/serving/top_classes.hpp"

#include "sma/core/open_file.hpp"

#include "sma/core/correlation_id.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>

namespace sma::batch {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

failure failure_of(error const& e) { return failure(std::string(error_name(e.code)), e.message); }

// The first and only image of `c`, into `r`.
void fill(record& r, result<serving::classification>& c, local_options const& options) {
    if (!c) {
        r.failed = failure_of(c.error());
        return;
    }
    auto const& logits = c->logits.front();
    if (!logits) {
        r.failed = failure_of(logits.error());
        return;
    }
    int const k = std::min(options.top_k, static_cast<int>(logits->size()));
    for (auto const& scored : serving::top_classes(*logits, k, c->model->temperature())) {
        auto const& name = c->model->labels[static_cast<std::size_t>(scored.index)];
        r.predictions.push_back({scored.index, name, scored.confidence});
    }
    if (options.embed) r.embedding = std::move(c->features.front().embedding);
    if (options.normalize) serving::normalize_l2(r.embedding);
}

double ms_since(steady_clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count();
}

}  // namespace

asio::awaitable<result<void>> local_backend::prepare() { co_return result<void>(); }

asio::awaitable<outcome> local_backend::classify(std::string path) {
    auto const begin = steady_clock::now();
    outcome done;
    done.what.correlation_id = make_correlation_id();
    std::function<result<std::string>()> read = [&path, this] {
        return read_regular_file(path, options_.image_bytes_max);
    };
    auto const bytes = co_await files_.async_run<result<std::string>>(std::move(read), asio::use_awaitable);
    if (bytes) {
        request_context context;
        context.correlation_id = done.what.correlation_id;
        std::vector<std::string_view> images(1, *bytes);
        serving::wanted_features wanted;
        wanted.embedding = options_.embed;
        auto classified = co_await classifier_.classify(std::move(context), std::move(images), wanted);
        fill(done.what, classified, options_);
        if (classified && options_.seen) options_.seen(path, *classified);
    } else {
        done.what.failed = failure_of(bytes.error());
    }
    done.what.ms = ms_since(begin);
    done.what.path = std::move(path);
    co_return done;
}

}  // namespace sma::batch
