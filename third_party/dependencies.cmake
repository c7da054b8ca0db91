# Every library the project uses, found once, with its version floor. third_party/README.md says why each is here.
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB 1.2.13 REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd>=1.5)
find_package(Boost 1.81 REQUIRED COMPONENTS json CONFIG)
find_package(spdlog 1.10 REQUIRED)
find_package(prometheus-cpp REQUIRED)  # 1.0; its package file says no version
find_package(CLI11 2.1 REQUIRED)
find_package(tomlplusplus 3.3 REQUIRED)
pkg_check_modules(vips REQUIRED IMPORTED_TARGET vips>=8.14 gmodule-2.0)
find_package(JPEG REQUIRED)  # libjpeg-turbo
pkg_check_modules(hwy REQUIRED IMPORTED_TARGET libhwy>=1.0)
pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp>=2.5)

# Boost.URL's static library: only the parser of image URLs uses it, and a shared one would be loaded by every start.
find_library(SMA_URL_LIBRARY libboost_url.a REQUIRED)
add_library(sma_url INTERFACE)
target_link_libraries(sma_url INTERFACE ${SMA_URL_LIBRARY} Boost::headers)
add_library(sma::url ALIAS sma_url)

# oneDNN by hand: its CMake package insists on OpenCL, which a CPU build does not need.
find_path(SMA_DNNL_INCLUDE oneapi/dnnl/dnnl.hpp REQUIRED)
find_library(SMA_DNNL_LIBRARY dnnl REQUIRED)
add_library(sma_dnnl INTERFACE)
target_include_directories(sma_dnnl SYSTEM INTERFACE ${SMA_DNNL_INCLUDE})
target_link_libraries(sma_dnnl INTERFACE ${SMA_DNNL_LIBRARY})
add_library(sma::dnnl ALIAS sma_dnnl)

# gperftools' CPU profiler alone, by hand: its pkg-config file may come with flags that switch builtins off. It brings
# libunwind, which has an unwinder for exceptions too: libgcc's is found first, as long as programs link it themselves.
find_path(SMA_PROFILER_INCLUDE gperftools/profiler.h REQUIRED)
find_library(SMA_PROFILER_LIBRARY profiler REQUIRED)
add_library(sma_profiler INTERFACE)
target_include_directories(sma_profiler SYSTEM INTERFACE ${SMA_PROFILER_INCLUDE})
target_link_libraries(sma_profiler INTERFACE ${SMA_PROFILER_LIBRARY})
add_library(sma::profiler ALIAS sma_profiler)

# Asio's and Beast's configuration, the same in every component: what one translation unit sees, all must see. Their functions
# that are no templates are compiled once, here, instead of in each source that uses them.
add_library(sma_asio STATIC ${CMAKE_CURRENT_LIST_DIR}/asio.cpp)
target_link_libraries(sma_asio PUBLIC Boost::headers Threads::Threads)
target_compile_definitions(sma_asio PUBLIC
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)
add_library(sma::asio ALIAS sma_asio)
add_library(sma_asio_ssl STATIC ${CMAKE_CURRENT_LIST_DIR}/asio_ssl.cpp)
target_link_libraries(sma_asio_ssl PUBLIC sma::asio OpenSSL::SSL)
add_library(sma::asio_ssl ALIAS sma_asio_ssl)

# opentelemetry-cpp, optional: without it traces cannot be exported. By hand, since its own CMake package insists on the
# headers of gRPC and protobuf, which its headers here do not include. They include Abseil's, if the library was built so.
find_path(SMA_OPENTELEMETRY_INCLUDE opentelemetry/exporters/otlp/otlp_http_exporter_factory.h)
find_path(SMA_ABSEIL_INCLUDE absl/types/variant.h)
set(opentelemetry_libraries "")
foreach(name exporter_otlp_http trace resources common)
  find_library(SMA_OPENTELEMETRY_${name} opentelemetry_${name})
  list(APPEND opentelemetry_libraries ${SMA_OPENTELEMETRY_${name}})
endforeach()
find_library(SMA_ABSEIL_BAD_VARIANT_ACCESS absl_bad_variant_access)
if(SMA_OPENTELEMETRY_INCLUDE AND SMA_ABSEIL_INCLUDE AND NOT opentelemetry_libraries MATCHES NOTFOUND)
  file(STRINGS ${SMA_OPENTELEMETRY_INCLUDE}/opentelemetry/version.h SMA_OPENTELEMETRY_VERSION
       REGEX "define OPENTELEMETRY_VERSION \"")
  string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" SMA_OPENTELEMETRY_VERSION "${SMA_OPENTELEMETRY_VERSION}")
endif()
if(SMA_OPENTELEMETRY_VERSION VERSION_GREATER_EQUAL 1.19)
  add_library(sma_opentelemetry INTERFACE)
  target_include_directories(sma_opentelemetry SYSTEM INTERFACE ${SMA_OPENTELEMETRY_INCLUDE} ${SMA_ABSEIL_INCLUDE})
  target_compile_definitions(sma_opentelemetry INTERFACE HAVE_ABSEIL)
  target_link_libraries(sma_opentelemetry INTERFACE ${opentelemetry_libraries})
  if(SMA_ABSEIL_BAD_VARIANT_ACCESS)  # where Abseil's variant is not the standard's
    target_link_libraries(sma_opentelemetry INTERFACE ${SMA_ABSEIL_BAD_VARIANT_ACCESS})
  endif()
  add_library(sma::opentelemetry ALIAS sma_opentelemetry)
endif()

# libtorch by hand: its own CMake package looks for what a CPU build does not need. A libtorch 2.x unpacked anywhere works
# with -DCMAKE_PREFIX_PATH.
find_path(SMA_TORCH_INCLUDE torch/script.h REQUIRED)
find_library(SMA_TORCH_LIBRARY torch REQUIRED)
find_library(SMA_TORCH_CPU_LIBRARY torch_cpu REQUIRED)
find_library(SMA_C10_LIBRARY c10 REQUIRED)
add_library(sma_torch INTERFACE)
target_include_directories(sma_torch SYSTEM INTERFACE ${SMA_TORCH_INCLUDE} ${SMA_TORCH_INCLUDE}/torch/csrc/api/include)
target_link_libraries(sma_torch INTERFACE ${SMA_TORCH_LIBRARY} ${SMA_TORCH_CPU_LIBRARY} ${SMA_C10_LIBRARY})
add_library(sma::torch ALIAS sma_torch)

# gRPC by hand and only where it is there: the part "grpc" is left out without it. protoc runs on the machine that builds, and
# its version must be that of the headers.
find_path(SMA_GRPC_INCLUDE grpcpp/grpcpp.h)
find_library(SMA_GRPCPP_LIBRARY grpc++)
find_library(SMA_GRPC_LIBRARY grpc)
find_library(SMA_GPR_LIBRARY gpr)
find_library(SMA_PROTOBUF_LIBRARY protobuf)
find_program(SMA_PROTOC protoc)
if(SMA_GRPC_INCLUDE AND SMA_GRPCPP_LIBRARY AND SMA_GRPC_LIBRARY AND SMA_GPR_LIBRARY AND SMA_PROTOBUF_LIBRARY AND SMA_PROTOC)
  add_library(sma_grpc_library INTERFACE)
  target_include_directories(sma_grpc_library SYSTEM INTERFACE ${SMA_GRPC_INCLUDE})
  target_link_libraries(sma_grpc_library INTERFACE
    ${SMA_GRPCPP_LIBRARY} ${SMA_GRPC_LIBRARY} ${SMA_GPR_LIBRARY} ${SMA_PROTOBUF_LIBRARY})
  add_library(sma::grpc ALIAS sma_grpc_library)
else()
  message(STATUS "gRPC is left out: it needs the packages libgrpc++-dev and protobuf-compiler")
endif()

# ONNX Runtime, optional: without it ONNX files cannot be served. libonnx has the file format's message, which protobuf reads;
# its headers need the namespace and the variant that the library was built with.
find_path(SMA_ONNX_INCLUDE onnx/onnx_pb.h)
find_library(SMA_ONNX_PROTO_LIBRARY onnx_proto)
if(SMA_ONNX_INCLUDE AND SMA_ONNX_PROTO_LIBRARY AND SMA_PROTOBUF_LIBRARY)
  add_library(sma_onnx_message INTERFACE)
  target_include_directories(sma_onnx_message SYSTEM INTERFACE ${SMA_ONNX_INCLUDE})
  target_compile_definitions(sma_onnx_message INTERFACE ONNX_NAMESPACE=onnx ONNX_ML=1)
  target_link_libraries(sma_onnx_message INTERFACE ${SMA_ONNX_PROTO_LIBRARY} ${SMA_PROTOBUF_LIBRARY})
  add_library(sma::onnx_message ALIAS sma_onnx_message)
endif()
find_path(SMA_ONNXRUNTIME_INCLUDE onnxruntime_cxx_api.h PATH_SUFFIXES onnxruntime)
find_library(SMA_ONNXRUNTIME_LIBRARY onnxruntime)
if(TARGET sma::onnx_message AND SMA_ONNXRUNTIME_INCLUDE AND SMA_ONNXRUNTIME_LIBRARY)
  file(STRINGS ${SMA_ONNXRUNTIME_INCLUDE}/onnxruntime_c_api.h SMA_ONNXRUNTIME_API REGEX "define ORT_API_VERSION [0-9]+")
  string(REGEX REPLACE ".*ORT_API_VERSION ([0-9]+).*" "\\1" SMA_ONNXRUNTIME_API "${SMA_ONNXRUNTIME_API}")
endif()
if(SMA_ONNXRUNTIME_API VERSION_GREATER_EQUAL 21)
  add_library(sma_onnxruntime INTERFACE)
  target_include_directories(sma_onnxruntime SYSTEM INTERFACE ${SMA_ONNXRUNTIME_INCLUDE})
  target_link_libraries(sma_onnxruntime INTERFACE ${SMA_ONNXRUNTIME_LIBRARY} sma::onnx_message)
  add_library(sma::onnxruntime ALIAS sma_onnxruntime)
endif()

execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} rev-parse --short=12 HEAD
                OUTPUT_VARIABLE SMA_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT SMA_COMMIT)
  set(SMA_COMMIT "unknown")
endif()
