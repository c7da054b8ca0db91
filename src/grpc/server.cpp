#include "call.hpp"

#include "sma/core/this_thread.hpp"
#include "sma/core/thread_annotations.hpp"
#include "sma/grpc/grpc_part.hpp"

#include <grpc/support/log.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace sma::grpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

/// The certificate's files are looked at this often.
constexpr unsigned certificate_interval_s = 10;
/// A connection without a sign of life is asked for one after this time, and closed after that.
constexpr milliseconds keepalive_time{60'000};
constexpr milliseconds keepalive_timeout{20'000};
/// Clients may ask for signs of life this often.
constexpr milliseconds ping_interval_min{10'000};

/// gRPC's own log, which is one of the process.
class grpc_log {
public:
    static void use(std::function<void(std::string_view)> receiver) {
        auto& all = instance();
        mutex_lock const lock(all.mutex_);
        all.receiver_ = std::move(receiver);
        gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
        gpr_set_log_function(&grpc_log::write);
    }
    /// The last error since clear().
    static std::string last() {
        auto& all = instance();
        mutex_lock const lock(all.mutex_);
        return all.last_;
    }
    static void clear() {
        auto& all = instance();
        mutex_lock const lock(all.mutex_);
        all.last_.clear();
    }

private:
    static grpc_log& instance() {
        static grpc_log all;
        return all;
    }
    static void write(gpr_log_func_args* line) {
        auto& all = instance();
        mutex_lock const lock(all.mutex_);
        all.last_ = line->message;
        if (all.receiver_) all.receiver_(line->message);
    }

    mutex mutex_;
    std::function<void(std::string_view)> receiver_ SMA_GUARDED_BY(mutex_);
    std::string last_ SMA_GUARDED_BY(mutex_);
};

std::shared_ptr<::grpc::ServerCredentials> make_credentials(server_options const& o) {
    namespace tls = ::grpc::experimental;
    if (o.tls_certificate.empty()) return ::grpc::InsecureServerCredentials();
    auto const files = std::make_shared<tls::FileWatcherCertificateProvider>(o.tls_key, o.tls_certificate,
                                                                             o.tls_client_ca, certificate_interval_s);
    tls::TlsServerCredentialsOptions options(files);
    options.watch_identity_key_cert_pairs();
    if (!o.tls_client_ca.empty()) {
        options.watch_root_certs();
        options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    }
    return tls::TlsServerCredentials(options);
}

int clamped(milliseconds time) { return static_cast<int>(std::min<std::int64_t>(time.count(), 2'000'000'000)); }
int clamped(std::size_t bytes) { return static_cast<int>(std::min<std::size_t>(bytes, 2'000'000'000)); }

void set_limits(::grpc::ServerBuilder& builder, server_options const& o) {
    builder.SetMaxReceiveMessageSize(clamped(o.message_bytes_max));
    // Without a limit on what a few bytes become, compressed messages are not for a server that strangers reach.
    builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
    builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
    ::grpc::ResourceQuota quota("simple-model-api");
    quota.Resize(o.memory_bytes_max);
    builder.SetResourceQuota(quota);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, o.calls_per_connection_max);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, clamped(o.metadata_bytes_max));
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, clamped(o.handshake_timeout));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, clamped(o.idle_timeout));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, clamped(keepalive_time));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, clamped(keepalive_timeout));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, clamped(ping_interval_min));
}

class running_server final : public server {
public:
    explicit running_server(rpc::rpc_service& service) : rpc_service_(service) {}

    ~running_server() override {
        if (!server_) {
            shut_down_queue();
            return;
        }
        if (!drainer_.joinable()) drain(milliseconds(0));
        drainer_.join();
        if (thread_.joinable()) thread_.join();
    }

    result<void> start(server_options const& o) {
        ::grpc::ServerBuilder builder;
        grpc_log::use(o.log);
        grpc_log::clear();
        set_limits(builder, o);
        acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
            ::grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, make_credentials(o));
        builder.RegisterAsyncGenericService(&service_);
        queue_ = builder.AddCompletionQueue();
        server_ = builder.BuildAndStart();
        if (!server_) return error(errc::io_error, "gRPC does not start: " + grpc_log::last());
        await_call();
        thread_ = std::thread([this] { run(); });
        return {};
    }

    void add_connection(unique_fd socket) override {
        ::grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
        connection.fd = socket.release();
        acceptor_->HandleNewConnection(&connection);
    }

    void drain(milliseconds timeout) override {
        auto const deadline = system_clock::now() + timeout;
        drainer_ = std::thread([this, deadline] {
            server_->Shutdown(deadline);
            // Their last operations still need the queue.
            for (auto live = live_.load(); live != 0; live = live_.load()) live_.wait(live);
            queue_->Shutdown();
        });
    }

    bool is_drained() const override { return drained_; }

private:
    void run() {
        name_this_thread("grpc");
        void* next = nullptr;
        bool succeeded = false;
        while (queue_->Next(&next, &succeeded)) {
            std::unique_ptr<tag> const done(static_cast<tag*>(next));
            done->run(succeeded);
        }
        drained_ = true;
    }

    void await_call() {
        call::request(service_, *queue_, live_, [this](std::shared_ptr<call> const& begun) {
            if (!begun) return;
            await_call();
            rpc_service_.accept(begun);
        });
    }

    /// Of a server that has not started.
    void shut_down_queue() {
        if (!queue_) return;
        queue_->Shutdown();
        void* next = nullptr;
        bool ignored = false;
        while (queue_->Next(&next, &ignored)) delete static_cast<tag*>(next);
    }

    rpc::rpc_service& rpc_service_;
    call_count live_{0};
    ::grpc::AsyncGenericService service_;
    std::unique_ptr<::grpc::ServerCompletionQueue> queue_;
    std::unique_ptr<::grpc::experimental::ExternalConnectionAcceptor> acceptor_;
    std::unique_ptr<::grpc::Server> server_;
    std::atomic<bool> drained_{false};
    std::thread thread_;
    std::thread drainer_;
};

}  // namespace

result<std::unique_ptr<server>> start(server_options const& options, rpc::rpc_service& service) {
    auto made = std::make_unique<running_server>(service);
    if (auto const started = made->start(options); !started) return started.error();
    return std::unique_ptr<server>(std::move(made));
}

}  // namespace sma::grpc
