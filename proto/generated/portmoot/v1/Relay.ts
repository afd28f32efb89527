import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AcknowledgeRequest as _portmoot_v1_AcknowledgeRequest, AcknowledgeRequest__Output as _portmoot_v1_AcknowledgeRequest__Output } from '../../portmoot/v1/AcknowledgeRequest.ts';
import type { Acknowledged as _portmoot_v1_Acknowledged, Acknowledged__Output as _portmoot_v1_Acknowledged__Output } from '../../portmoot/v1/Acknowledged.ts';
import type { Data as _portmoot_v1_Data, Data__Output as _portmoot_v1_Data__Output } from '../../portmoot/v1/Data.ts';
import type { FetchRequest as _portmoot_v1_FetchRequest, FetchRequest__Output as _portmoot_v1_FetchRequest__Output } from '../../portmoot/v1/FetchRequest.ts';
import type { FollowRequest as _portmoot_v1_FollowRequest, FollowRequest__Output as _portmoot_v1_FollowRequest__Output } from '../../portmoot/v1/FollowRequest.ts';
import type { HeldReply as _portmoot_v1_HeldReply, HeldReply__Output as _portmoot_v1_HeldReply__Output } from '../../portmoot/v1/HeldReply.ts';
import type { HeldRequest as _portmoot_v1_HeldRequest, HeldRequest__Output as _portmoot_v1_HeldRequest__Output } from '../../portmoot/v1/HeldRequest.ts';
import type { Notice as _portmoot_v1_Notice, Notice__Output as _portmoot_v1_Notice__Output } from '../../portmoot/v1/Notice.ts';
import type { PostFrame as _portmoot_v1_PostFrame, PostFrame__Output as _portmoot_v1_PostFrame__Output } from '../../portmoot/v1/PostFrame.ts';
import type { Receipt as _portmoot_v1_Receipt, Receipt__Output as _portmoot_v1_Receipt__Output } from '../../portmoot/v1/Receipt.ts';
import type { RenewReply as _portmoot_v1_RenewReply, RenewReply__Output as _portmoot_v1_RenewReply__Output } from '../../portmoot/v1/RenewReply.ts';
import type { RenewRequest as _portmoot_v1_RenewRequest, RenewRequest__Output as _portmoot_v1_RenewRequest__Output } from '../../portmoot/v1/RenewRequest.ts';

export interface RelayClient extends grpc.Client {
  Acknowledge(argument: _portmoot_v1_AcknowledgeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_Acknowledged__Output>): grpc.ClientUnaryCall;
  Acknowledge(argument: _portmoot_v1_AcknowledgeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_portmoot_v1_Acknowledged__Output>): grpc.ClientUnaryCall;
  Acknowledge(argument: _portmoot_v1_AcknowledgeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_Acknowledged__Output>): grpc.ClientUnaryCall;
  Acknowledge(argument: _portmoot_v1_AcknowledgeRequest, callback: grpc.requestCallback<_portmoot_v1_Acknowledged__Output>): grpc.ClientUnaryCall;
  acknowledge(argument: _portmoot_v1_AcknowledgeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_Acknowledged__Output>): grpc.ClientUnaryCall;
  acknowledge(argument: _portmoot_v1_AcknowledgeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_portmoot_v1_Acknowledged__Output>): grpc.ClientUnaryCall;
  acknowledge(argument: _portmoot_v1_AcknowledgeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_Acknowledged__Output>): grpc.ClientUnaryCall;
  acknowledge(argument: _portmoot_v1_AcknowledgeRequest, callback: grpc.requestCallback<_portmoot_v1_Acknowledged__Output>): grpc.ClientUnaryCall;
  
  Fetch(argument: _portmoot_v1_FetchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_portmoot_v1_Data__Output>;
  Fetch(argument: _portmoot_v1_FetchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_portmoot_v1_Data__Output>;
  fetch(argument: _portmoot_v1_FetchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_portmoot_v1_Data__Output>;
  fetch(argument: _portmoot_v1_FetchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_portmoot_v1_Data__Output>;
  
  Follow(argument: _portmoot_v1_FollowRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_portmoot_v1_Notice__Output>;
  Follow(argument: _portmoot_v1_FollowRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_portmoot_v1_Notice__Output>;
  follow(argument: _portmoot_v1_FollowRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_portmoot_v1_Notice__Output>;
  follow(argument: _portmoot_v1_FollowRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_portmoot_v1_Notice__Output>;
  
  Held(argument: _portmoot_v1_HeldRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_HeldReply__Output>): grpc.ClientUnaryCall;
  Held(argument: _portmoot_v1_HeldRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_portmoot_v1_HeldReply__Output>): grpc.ClientUnaryCall;
  Held(argument: _portmoot_v1_HeldRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_HeldReply__Output>): grpc.ClientUnaryCall;
  Held(argument: _portmoot_v1_HeldRequest, callback: grpc.requestCallback<_portmoot_v1_HeldReply__Output>): grpc.ClientUnaryCall;
  held(argument: _portmoot_v1_HeldRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_HeldReply__Output>): grpc.ClientUnaryCall;
  held(argument: _portmoot_v1_HeldRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_portmoot_v1_HeldReply__Output>): grpc.ClientUnaryCall;
  held(argument: _portmoot_v1_HeldRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_HeldReply__Output>): grpc.ClientUnaryCall;
  held(argument: _portmoot_v1_HeldRequest, callback: grpc.requestCallback<_portmoot_v1_HeldReply__Output>): grpc.ClientUnaryCall;
  
  Post(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_Receipt__Output>): grpc.ClientWritableStream<_portmoot_v1_PostFrame>;
  Post(metadata: grpc.Metadata, callback: grpc.requestCallback<_portmoot_v1_Receipt__Output>): grpc.ClientWritableStream<_portmoot_v1_PostFrame>;
  Post(options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_Receipt__Output>): grpc.ClientWritableStream<_portmoot_v1_PostFrame>;
  Post(callback: grpc.requestCallback<_portmoot_v1_Receipt__Output>): grpc.ClientWritableStream<_portmoot_v1_PostFrame>;
  post(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_Receipt__Output>): grpc.ClientWritableStream<_portmoot_v1_PostFrame>;
  post(metadata: grpc.Metadata, callback: grpc.requestCallback<_portmoot_v1_Receipt__Output>): grpc.ClientWritableStream<_portmoot_v1_PostFrame>;
  post(options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_Receipt__Output>): grpc.ClientWritableStream<_portmoot_v1_PostFrame>;
  post(callback: grpc.requestCallback<_portmoot_v1_Receipt__Output>): grpc.ClientWritableStream<_portmoot_v1_PostFrame>;
  
  Renew(argument: _portmoot_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_RenewReply__Output>): grpc.ClientUnaryCall;
  Renew(argument: _portmoot_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_portmoot_v1_RenewReply__Output>): grpc.ClientUnaryCall;
  Renew(argument: _portmoot_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_RenewReply__Output>): grpc.ClientUnaryCall;
  Renew(argument: _portmoot_v1_RenewRequest, callback: grpc.requestCallback<_portmoot_v1_RenewReply__Output>): grpc.ClientUnaryCall;
  renew(argument: _portmoot_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_RenewReply__Output>): grpc.ClientUnaryCall;
  renew(argument: _portmoot_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_portmoot_v1_RenewReply__Output>): grpc.ClientUnaryCall;
  renew(argument: _portmoot_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_portmoot_v1_RenewReply__Output>): grpc.ClientUnaryCall;
  renew(argument: _portmoot_v1_RenewRequest, callback: grpc.requestCallback<_portmoot_v1_RenewReply__Output>): grpc.ClientUnaryCall;
  
}

export interface RelayHandlers extends grpc.UntypedServiceImplementation {
  Acknowledge: grpc.handleUnaryCall<_portmoot_v1_AcknowledgeRequest__Output, _portmoot_v1_Acknowledged>;
  
  Fetch: grpc.handleServerStreamingCall<_portmoot_v1_FetchRequest__Output, _portmoot_v1_Data>;
  
  Follow: grpc.handleServerStreamingCall<_portmoot_v1_FollowRequest__Output, _portmoot_v1_Notice>;
  
  Held: grpc.handleUnaryCall<_portmoot_v1_HeldRequest__Output, _portmoot_v1_HeldReply>;
  
  Post: grpc.handleClientStreamingCall<_portmoot_v1_PostFrame__Output, _portmoot_v1_Receipt>;
  
  Renew: grpc.handleUnaryCall<_portmoot_v1_RenewRequest__Output, _portmoot_v1_RenewReply>;
  
}

export interface RelayDefinition extends grpc.ServiceDefinition {
  Acknowledge: MethodDefinition<_portmoot_v1_AcknowledgeRequest, _portmoot_v1_Acknowledged, _portmoot_v1_AcknowledgeRequest__Output, _portmoot_v1_Acknowledged__Output>
  Fetch: MethodDefinition<_portmoot_v1_FetchRequest, _portmoot_v1_Data, _portmoot_v1_FetchRequest__Output, _portmoot_v1_Data__Output>
  Follow: MethodDefinition<_portmoot_v1_FollowRequest, _portmoot_v1_Notice, _portmoot_v1_FollowRequest__Output, _portmoot_v1_Notice__Output>
  Held: MethodDefinition<_portmoot_v1_HeldRequest, _portmoot_v1_HeldReply, _portmoot_v1_HeldRequest__Output, _portmoot_v1_HeldReply__Output>
  Post: MethodDefinition<_portmoot_v1_PostFrame, _portmoot_v1_Receipt, _portmoot_v1_PostFrame__Output, _portmoot_v1_Receipt__Output>
  Renew: MethodDefinition<_portmoot_v1_RenewRequest, _portmoot_v1_RenewReply, _portmoot_v1_RenewRequest__Output, _portmoot_v1_RenewReply__Output>
}
