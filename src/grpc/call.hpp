// One call, from its metadata to its status.
#pragma once

#include "tag.hpp"

#include "sma/api/inference_protocol/rpc.hpp"
#include "sma/core/thread_annotations.hpp"

#include <grpcpp/generic/async_generic_service.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace sma::grpc {

namespace rpc = api::inference_protocol;

/// Live calls of a server, which its drain waits for.
using call_count = std::atomic<std::size_t>;

/// Kept alive by its service and by the tags of its operations. gRPC's stream is thread-safe for one read, one write
/// and the end at a time.
class call final : public rpc::rpc_call, public std::enable_shared_from_this<call> {
public:
    explicit call(call_count& live) : live_(live) {}
    ~call() override;

    /// Waits for a client's next call on the queue; `begun` is told on the server's thread, with false when the server
    /// shuts down. Once.
    template <class Begun>
    static void request(::grpc::AsyncGenericService& service, ::grpc::ServerCompletionQueue& queue, call_count& live,
                        Begun begun);

    std::string_view path() const override { return context_.method(); }
    std::optional<rpc::procedure> which() const override { return which_; }
    std::string peer() const override;
    rpc::rpc_metadata metadata() const override;
    std::optional<steady_time> deadline() const override;
    void watch(std::unique_ptr<rpc::rpc_completion> cancelled) override;
    void add_initial_metadata(std::string name, std::string value) override;
    void read(std::unique_ptr<rpc::rpc_completion> done) override;
    rpc::rpc_message take_message() override { return std::move(message_); }
    void write(rpc::rpc_answer const& answer, std::unique_ptr<rpc::rpc_completion> done) override;
    void finish(rpc::rpc_status const& status, rpc::rpc_answer const* answer,
                std::unique_ptr<rpc::rpc_completion> done) override;
    void cancel() override { context_.TryCancel(); }
    std::size_t bytes_written() const override { return bytes_written_; }

private:
    void begin();
    void end();
    void take(bool succeeded);
    ::grpc::ByteBuffer bytes_of(rpc::rpc_answer const& answer);

    call_count& live_;
    ::grpc::GenericServerContext context_;
    ::grpc::GenericServerAsyncReaderWriter stream_{&context_};
    std::optional<rpc::procedure> which_;
    bool begun_ = false;
    ::grpc::ByteBuffer received_;
    ::grpc::ByteBuffer own_answer_;  ///< of reflection, to what was received last
    rpc::rpc_message message_;
    std::size_t bytes_written_ = 0;

    mutex mutex_;
    std::unique_ptr<rpc::rpc_completion> watcher_ SMA_GUARDED_BY(mutex_);
    bool ended_ SMA_GUARDED_BY(mutex_) = false;
};

template <class Begun>
void call::request(::grpc::AsyncGenericService& service, ::grpc::ServerCompletionQueue& queue, call_count& live,
                   Begun begun) {
    auto const next = std::make_shared<call>(live);
    auto* const ended = make_tag([next](bool) { next->end(); });
    next->context_.AsyncNotifyWhenDone(ended);
    auto const came = [next, ended, begun](bool succeeded) {
        // Without a call its end is never told.
        if (!succeeded) delete ended;
        if (succeeded) next->begin();
        begun(succeeded ? next : nullptr);
    };
    service.RequestCall(&next->context_, &next->stream_, &queue, &queue, make_tag(came));
}

}  // namespace sma::grpc
