#include "call.hpp"

#include "codec.hpp"
#include "peer_address.hpp"
#include "status.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace sma::grpc {
namespace {

std::string text_of(::grpc::string_ref const& text) { return {text.data(), text.size()}; }

}  // namespace

call::~call() {
    if (!begun_) return;
    live_.fetch_sub(1);
    live_.notify_all();
}

void call::begin() {
    begun_ = true;
    live_.fetch_add(1);
    auto const& all = rpc::procedure_paths;
    auto const it = std::find_if(all.begin(), all.end(), [&](auto const& p) { return p.path == context_.method(); });
    if (it != all.end()) which_ = it->which;
}

void call::end() {
    std::unique_ptr<rpc::rpc_completion> watcher;
    {
        mutex_lock const lock(mutex_);
        ended_ = true;
        watcher = std::move(watcher_);
    }
    if (watcher) watcher->complete(context_.IsCancelled());
}

void call::watch(std::unique_ptr<rpc::rpc_completion> cancelled) {
    {
        mutex_lock const lock(mutex_);
        if (!ended_) {
            watcher_ = std::move(cancelled);
            return;
        }
    }
    cancelled->complete(context_.IsCancelled());
}

std::string call::peer() const { return peer_address(context_.peer()); }

rpc::rpc_metadata call::metadata() const {
    rpc::rpc_metadata all;
    for (auto const& [name, value] : context_.client_metadata()) all.emplace_back(text_of(name), text_of(value));
    return all;
}

std::optional<steady_time> call::deadline() const {
    using std::chrono::system_clock;
    auto const deadline = context_.deadline();
    if (deadline == system_clock::time_point::max()) return std::nullopt;
    auto const left = deadline - system_clock::now();
    // A client may ask for centuries, which the other clock cannot hold.
    if (left > std::chrono::hours(24)) return std::nullopt;
    return std::chrono::steady_clock::now() + std::chrono::duration_cast<steady_time::duration>(left);
}

void call::add_initial_metadata(std::string name, std::string value) { context_.AddInitialMetadata(name, value); }

void call::take(bool succeeded) {
    try {
        if (succeeded && which_) message_ = decode(*which_, received_, own_answer_);
    } catch (std::bad_alloc const&) {
        message_.request = error(errc::out_of_memory, "not enough memory for this message: try again later", 1);
    }
    received_.Clear();
}

void call::read(std::unique_ptr<rpc::rpc_completion> done) {
    auto const came = [self = shared_from_this(), d = std::shared_ptr(std::move(done))](bool succeeded) {
        self->take(succeeded);
        d->complete(succeeded);
    };
    stream_.Read(&received_, make_tag(came));
}

::grpc::ByteBuffer call::bytes_of(rpc::rpc_answer const& answer) {
    auto bytes = std::holds_alternative<rpc::rpc_own_answer>(answer) ? own_answer_ : encode(*which_, answer);
    bytes_written_ += bytes.Length();
    return bytes;
}

void call::write(rpc::rpc_answer const& answer, std::unique_ptr<rpc::rpc_completion> done) {
    auto const bytes = bytes_of(answer);
    auto const written = [self = shared_from_this(), d = std::shared_ptr(std::move(done))](bool succeeded) {
        d->complete(succeeded);
    };
    stream_.Write(bytes, make_tag(written));
}

void call::finish(rpc::rpc_status const& status, rpc::rpc_answer const* answer,
                  std::unique_ptr<rpc::rpc_completion> done) {
    for (auto const& [name, value] : status.trailing) context_.AddTrailingMetadata(name, value);
    auto const sent = [self = shared_from_this(), d = std::shared_ptr(std::move(done))](bool succeeded) {
        d->complete(succeeded);
    };
    if (answer == nullptr) {
        stream_.Finish(make_status(status), make_tag(sent));
        return;
    }
    auto const bytes = bytes_of(*answer);
    stream_.WriteAndFinish(bytes, ::grpc::WriteOptions(), make_status(status), make_tag(sent));
}

}  // namespace sma::grpc
