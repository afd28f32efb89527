import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AcknowledgeRequest as _portmoot_v1_AcknowledgeRequest, AcknowledgeRequest__Output as _portmoot_v1_AcknowledgeRequest__Output } from './portmoot/v1/AcknowledgeRequest.ts';
import type { Acknowledged as _portmoot_v1_Acknowledged, Acknowledged__Output as _portmoot_v1_Acknowledged__Output } from './portmoot/v1/Acknowledged.ts';
import type { Data as _portmoot_v1_Data, Data__Output as _portmoot_v1_Data__Output } from './portmoot/v1/Data.ts';
import type { EnrolReply as _portmoot_v1_EnrolReply, EnrolReply__Output as _portmoot_v1_EnrolReply__Output } from './portmoot/v1/EnrolReply.ts';
import type { EnrolRequest as _portmoot_v1_EnrolRequest, EnrolRequest__Output as _portmoot_v1_EnrolRequest__Output } from './portmoot/v1/EnrolRequest.ts';
import type { EnrolmentClient as _portmoot_v1_EnrolmentClient, EnrolmentDefinition as _portmoot_v1_EnrolmentDefinition } from './portmoot/v1/Enrolment.ts';
import type { FetchRequest as _portmoot_v1_FetchRequest, FetchRequest__Output as _portmoot_v1_FetchRequest__Output } from './portmoot/v1/FetchRequest.ts';
import type { FollowRequest as _portmoot_v1_FollowRequest, FollowRequest__Output as _portmoot_v1_FollowRequest__Output } from './portmoot/v1/FollowRequest.ts';
import type { Header as _portmoot_v1_Header, Header__Output as _portmoot_v1_Header__Output } from './portmoot/v1/Header.ts';
import type { HeldReply as _portmoot_v1_HeldReply, HeldReply__Output as _portmoot_v1_HeldReply__Output } from './portmoot/v1/HeldReply.ts';
import type { HeldRequest as _portmoot_v1_HeldRequest, HeldRequest__Output as _portmoot_v1_HeldRequest__Output } from './portmoot/v1/HeldRequest.ts';
import type { Notice as _portmoot_v1_Notice, Notice__Output as _portmoot_v1_Notice__Output } from './portmoot/v1/Notice.ts';
import type { Pair as _portmoot_v1_Pair, Pair__Output as _portmoot_v1_Pair__Output } from './portmoot/v1/Pair.ts';
import type { PostFrame as _portmoot_v1_PostFrame, PostFrame__Output as _portmoot_v1_PostFrame__Output } from './portmoot/v1/PostFrame.ts';
import type { Receipt as _portmoot_v1_Receipt, Receipt__Output as _portmoot_v1_Receipt__Output } from './portmoot/v1/Receipt.ts';
import type { RelayClient as _portmoot_v1_RelayClient, RelayDefinition as _portmoot_v1_RelayDefinition } from './portmoot/v1/Relay.ts';
import type { RenewReply as _portmoot_v1_RenewReply, RenewReply__Output as _portmoot_v1_RenewReply__Output } from './portmoot/v1/RenewReply.ts';
import type { RenewRequest as _portmoot_v1_RenewRequest, RenewRequest__Output as _portmoot_v1_RenewRequest__Output } from './portmoot/v1/RenewRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  portmoot: {
    v1: {
      AcknowledgeRequest: MessageTypeDefinition<_portmoot_v1_AcknowledgeRequest, _portmoot_v1_AcknowledgeRequest__Output>
      Acknowledged: MessageTypeDefinition<_portmoot_v1_Acknowledged, _portmoot_v1_Acknowledged__Output>
      Data: MessageTypeDefinition<_portmoot_v1_Data, _portmoot_v1_Data__Output>
      EnrolReply: MessageTypeDefinition<_portmoot_v1_EnrolReply, _portmoot_v1_EnrolReply__Output>
      EnrolRequest: MessageTypeDefinition<_portmoot_v1_EnrolRequest, _portmoot_v1_EnrolRequest__Output>
      Enrolment: SubtypeConstructor<typeof grpc.Client, _portmoot_v1_EnrolmentClient> & { service: _portmoot_v1_EnrolmentDefinition }
      FetchRequest: MessageTypeDefinition<_portmoot_v1_FetchRequest, _portmoot_v1_FetchRequest__Output>
      FollowRequest: MessageTypeDefinition<_portmoot_v1_FollowRequest, _portmoot_v1_FollowRequest__Output>
      Header: MessageTypeDefinition<_portmoot_v1_Header, _portmoot_v1_Header__Output>
      HeldReply: MessageTypeDefinition<_portmoot_v1_HeldReply, _portmoot_v1_HeldReply__Output>
      HeldRequest: MessageTypeDefinition<_portmoot_v1_HeldRequest, _portmoot_v1_HeldRequest__Output>
      Notice: MessageTypeDefinition<_portmoot_v1_Notice, _portmoot_v1_Notice__Output>
      Pair: MessageTypeDefinition<_portmoot_v1_Pair, _portmoot_v1_Pair__Output>
      PostFrame: MessageTypeDefinition<_portmoot_v1_PostFrame, _portmoot_v1_PostFrame__Output>
      Receipt: MessageTypeDefinition<_portmoot_v1_Receipt, _portmoot_v1_Receipt__Output>
      Relay: SubtypeConstructor<typeof grpc.Client, _portmoot_v1_RelayClient> & { service: _portmoot_v1_RelayDefinition }
      RenewReply: MessageTypeDefinition<_portmoot_v1_RenewReply, _portmoot_v1_RenewReply__Output>
      RenewRequest: MessageTypeDefinition<_portmoot_v1_RenewRequest, _portmoot_v1_RenewRequest__Output>
    }
  }
}

